/**
 * End-to-end tests: real Chromium against the real binary with the sample calls. `E2E_URL` names a service that runs
 * already (with the people of `e2e/people.ts`); else one is started with an empty store, set up as a person would do
 * it, and filled.
 */
import { execFileSync } from 'node:child_process'
import { defineConfig } from '@playwright/test'

const chromium = () => {
  if (process.env.CHROMIUM) return process.env.CHROMIUM
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return execFileSync('which', [name], { encoding: 'utf8' }).trim()
    } catch {}
  }
  throw new Error('no Chromium here: apt-get install chromium, or name one with CHROMIUM=')
}

export default defineConfig({
  testDir: 'e2e',
  globalSetup: './e2e/service.ts',
  // One store: tests that decide and assign would disturb each other.
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 20_000 },
  retries: process.env.CI ? 1 : 0,
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    viewport: { width: 1280, height: 800 },
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: chromium(),
      args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required', '--mute-audio'],
    },
  },
})
