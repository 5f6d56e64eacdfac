import { defineConfig, mergeConfig } from 'vitest/config'
import vite from './vite.config.ts'

export default mergeConfig(
  vite,
  defineConfig({
    test: {
      include: ['src/**/*.spec.ts', 'scripts/**/*.spec.ts'],
      environment: 'node',
      env: { TZ: 'UTC' },
      server: { deps: { inline: ['vuetify', '@vuetify/v0'] } },
    },
  }),
)
