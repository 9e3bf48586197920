import { call } from '@roamgrid/service-kit';

const TIMEOUT_MS = 10_000;

/** Gives orders to a bank that takes them over HTTP. An order that got no answer goes again, under its own message id. */
export const httpBank =
  (ordersUrl: string, token: string) =>
  async (orderId: string, text: string): Promise<void> => {
    const result = await call({
      method: 'POST',
      url: ordersUrl,
      headers: { authorization: `Bearer ${token}` },
      body: { message: text },
      timeoutMs: TIMEOUT_MS,
    });
    if (!result.ok) throw new Error(`the bank did not take order ${orderId}: ${result.failure.kind}`);
  };
