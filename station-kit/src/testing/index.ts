export { fakeGateway, type GatewaySession } from './fake-gateway.ts';
export * from './peer-gateway.ts';
