import { defineConfig } from '@hey-api/openapi-ts'

/**
 * The client is generated from the committed document and committed itself, so that a change of the API shows in
 * reviews and breaks `vue-tsc` where it is used.
 */
export default defineConfig({
  input: '../openapi.json',
  output: { path: 'src/api/gen' },
  plugins: [
    '@hey-api/typescript',
    '@hey-api/sdk',
    { name: '@hey-api/client-fetch', runtimeConfigPath: '../setup' },
    { name: '@pinia/colada' },
  ],
})
