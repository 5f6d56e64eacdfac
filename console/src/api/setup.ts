import type { CreateClientConfig } from './gen/client.gen'
import { authorized } from './authorized'

/** The generated client, on our own origin, with our way of sending. The session does authorization, not the client. */
export const createClientConfig: CreateClientConfig = (config) => ({
  ...config,
  baseUrl: '',
  fetch: authorized,
  throwOnError: true,
})
