/** What a request to IndexedDB comes to. @throws its error: the browser may keep nothing here, as in a private window */
export const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error('The browser keeps nothing here.'));
    };
  });
