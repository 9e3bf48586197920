import decodeQR from 'qr/decode.js';

/** The text of the QR code on a picture, or undefined when none can be read. Nothing leaves the page. */
export async function readQrPicture(picture: Blob): Promise<string | undefined> {
  const bitmap = await createImageBitmap(picture);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d');
  if (!context) return undefined;
  context.drawImage(bitmap, 0, 0);
  const { width, height, data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  try {
    return decodeQR({ width, height, data });
  } catch {
    return undefined; // the decoder throws where it finds no code
  }
}
