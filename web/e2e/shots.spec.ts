/**
 * Photographs every page in both languages and both themes, for the docs and for whoever looks after how it looks:
 *
 *     SHOTS=DIR npm run e2e -- shots.spec.ts
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { expect, LANGUAGES, logIn, test } from './at'
import type { Role } from './people'

const out = process.env.SHOTS
test.skip(!out, 'only when SHOTS names a folder')
test.setTimeout(300_000)

const SCHEMES = ['light', 'dark'] as const
const SIZES = { desk: { width: 1280, height: 800 }, tablet: { width: 820, height: 1180 } }

/** Name, address, and who looks. */
const PAGES: [string, string, Role][] = [
  ['inbox', '/inbox', 'reviewer'],
  ['call', '/calls/FIRST', 'reviewer'],
  ['search', '/search?q=~投诉', 'reviewer'],
  ['dashboards', '/dashboards', 'supervisor'],
  ['coverage', '/coverage', 'supervisor'],
  ['agent', '/agents/AGENT', 'supervisor'],
  ['rubrics', '/rubrics', 'administrator'],
  ['rubric', '/rubrics/inbound-service-zh', 'administrator'],
  ['ingest', '/ingest', 'administrator'],
  ['people', '/admin/people', 'administrator'],
  ['units', '/admin/units', 'administrator'],
  ['retention', '/admin/retention', 'administrator'],
  ['webhooks', '/admin/webhooks', 'administrator'],
  ['audit', '/admin/audit', 'administrator'],
  ['account', '/account', 'reviewer'],
]

async function settled(page: Page) {
  await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible()
  // Events keep a stream open, so the network is never idle; charts are drawn after their figures came.
  await page.waitForTimeout(2000)
}

for (const [name, address, role] of PAGES) {
  test(`photograph ${name}`, async ({ browser, baseURL }) => {
    mkdirSync(out!, { recursive: true })
    for (const language of LANGUAGES) {
      for (const scheme of SCHEMES) {
        for (const [size, viewport] of Object.entries(SIZES)) {
          // Tablets in one theme: what differs is the layout.
          if (size === 'tablet' && scheme === 'dark') continue
          const context = await browser.newContext({
            baseURL,
            viewport,
            locale: language,
            timezoneId: 'Asia/Shanghai',
          })
          const page = await context.newPage()
          await logIn(page, role, language, scheme)
          const first = (await (await page.request.get('/api/v1/calls?limit=1')).json()).items[0]
          await page.goto(
            address.replace('FIRST', first?.id ?? 'none').replace('AGENT', first?.agent ?? 'none'),
          )
          await settled(page)
          await page.screenshot({ path: join(out!, `${name}-${size}-${language.slice(0, 2)}-${scheme}.png`) })
          await context.close()
        }
      }
    }
  })
}
