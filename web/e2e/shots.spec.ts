/**
 * Photographs every page in both languages and both themes, for the docs and for whoever looks after how it looks:
 *
 *     SHOTS=DIR npm run e2e -- shots.spec.ts
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from '@playwright/test'
import { expect, logIn, test } from './at'
import type { Role } from './people'
import { binary, LIVE } from './service'

const out = process.env.SHOTS
test.skip(!out, 'only when SHOTS names a folder')
test.setTimeout(300_000)
// Traces of long pages cost minutes, and there is nothing to trace.
test.use({ trace: 'off' })

const DESK = { width: 1280, height: 800 }
const TABLET = { width: 820, height: 1180 }

/** What is done on a page before it is looked at. */
type Prepare = (page: Page) => Promise<void>

/** Name, address, who looks (nobody is somebody who has not logged in), and what is done first. */
const PAGES: [string, string, Role | 'nobody', Prepare?][] = [
  ['login', '/', 'nobody'],
  ['inbox', '/inbox?show=all', 'reviewer'],
  ['call', '/calls/CALL', 'reviewer'],
  ['call-chat', '/calls/CHAT', 'reviewer'],
  ['call-refused', '/calls/none', 'client'],
  ['search', '/search', 'reviewer'],
  ['search-found', '/search?q=~投诉', 'reviewer'],
  ['search-fault', '/search?q=(投诉', 'reviewer'],
  ['dashboards', '/dashboards', 'supervisor'],
  ['coverage', '/coverage', 'supervisor'],
  ['agent', '/agents/AGENT', 'supervisor'],
  ['rubrics', '/rubrics', 'administrator'],
  ['rubric-read', '/rubrics/inbound-service-zh', 'administrator'],
  ['rubric-edit', '/rubrics/inbound-service-zh?tab=edit', 'administrator'],
  ['rubric-dialogues', '/rubrics/inbound-service-zh?tab=dialogues', 'administrator'],
  ['rubric-dialogues-run', '/rubrics/inbound-service-zh?tab=dialogues', 'administrator', runDialogues],
  ['rubric-backtest', '/rubrics/inbound-service-zh?tab=backtest', 'administrator'],
  ['rubric-backtest-run', '/rubrics/inbound-service-zh?tab=backtest', 'administrator', runBacktest],
  ['rubric-versions', '/rubrics/inbound-service-zh?tab=versions', 'administrator'],
  ['ingest-upload', '/ingest?tab=upload', 'administrator'],
  ['ingest-upload-chosen', '/ingest?tab=upload', 'administrator', chooseFiles],
  ['ingest-ledger', '/ingest?tab=ledger', 'administrator'],
  ['ingest-jobs', '/ingest?tab=jobs', 'administrator'],
  ['ingest-sources', '/ingest?tab=sources', 'administrator'],
  ['people', '/admin/people', 'administrator'],
  ['units', '/admin/units', 'administrator'],
  ['retention-due', '/admin/retention?tab=due', 'administrator'],
  ['retention-rules', '/admin/retention?tab=rules', 'administrator'],
  ['retention-holds', '/admin/retention?tab=holds', 'administrator'],
  ['retention-certificates', '/admin/retention?tab=certificates', 'administrator'],
  ['webhooks', '/admin/webhooks', 'administrator'],
  ['audit', '/admin/audit', 'administrator'],
  ['account', '/account', 'reviewer'],
  ['live-empty', '/live', 'supervisor'],
  ['alerts', '/alerts?state=all', 'supervisor'],
  ['alerts-precision', '/alerts?tab=precision', 'administrator'],
  ['alerts-policy', '/alerts?tab=policy', 'administrator'],
]

async function settled(page: Page) {
  await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible()
  // Events keep a stream open, so the network is never idle; charts are drawn after their figures came.
  await page.waitForTimeout(2000)
}

/** What an address speaks of, by what there is. */
async function written(page: Page, address: string): Promise<string> {
  if (!/[A-Z]{4}/.test(address)) return address
  const one = async (kind: string) => {
    const answer = await page.request.get(`/api/v1/calls?limit=1&kind=${kind}`)
    return (await answer.json()).items[0]
  }
  const [call, chat] = [await one('call'), await one('chat')]
  return address.replace('CALL', call.id).replace('CHAT', chat.id).replace('AGENT', call.agent)
}

/** Leaves a draft that flips verdicts: a greeting that nobody says. */
async function changeDraft(page: Page) {
  const before = await (await page.request.get('/api/v1/rubrics/inbound-service-zh')).json()
  const text = before.text.replace('{phrase: $hello,', '{phrase: [非常欢迎您的来电],')
  const draft = JSON.stringify({ text, base: before.rev })
  await page.evaluate((draft) => sessionStorage.setItem('lingting.rubric.inbound-service-zh', draft), draft)
  await page.reload()
}

async function runDialogues(page: Page) {
  await changeDraft(page)
  await page.getByRole('button', { name: '运行对话测试' }).click()
  await expect(page.getByText(/个对话，通过/)).toBeVisible({ timeout: 60_000 })
}

async function runBacktest(page: Page) {
  await changeDraft(page)
  await page.getByRole('button', { name: '开始回测' }).click()
  await expect(page.getByTestId('backtest-result')).toBeVisible({ timeout: 60_000 })
}

/** Pairs, one of them twice, a file of its own and one that cannot be read. */
async function chooseFiles(page: Page) {
  const file = (name: string, text: string) => ({ name, mimeType: 'audio/wav', buffer: Buffer.from(text) })
  const files = [file('7-in.wav', 'a'), file('7-out.wav', 'b'), file('8-in.wav', 'c'), file('8-out.wav', 'd')]
  const more = [file('8-out.wav', 'de'), file('9.wav', 'e'), file('10-in.wav', ''), file('readme.txt', 'f')]
  await page.locator('input[type=file]').setInputFiles([...files, ...more])
}

/** One visit, in both languages, both themes and both sizes: tablets in one theme, as what differs is the layout. */
async function photograph(
  browser: Browser,
  name: string,
  address: string,
  role: Role | 'nobody',
  prepare?: Prepare,
) {
  mkdirSync(out!, { recursive: true })
  const baseURL = process.env.E2E_URL!
  const context = await browser.newContext({
    baseURL,
    viewport: DESK,
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
  })
  const page = await context.newPage()
  await logIn(page, role === 'nobody' ? 'reviewer' : role)
  const place = await written(page, address)
  if (role === 'nobody') await context.clearCookies()
  await page.goto(place)
  await settled(page)
  await prepare?.(page)
  const shoot = async (what: string) => {
    // Where nothing answers to it.
    await page.mouse.move(DESK.width / 2, 6)
    // Charts are drawn anew, and buttons' colours take their time.
    await page.waitForTimeout(700)
    await page.screenshot({ path: join(out!, `${name}-${what}.png`), fullPage: true })
  }
  const press = (label: string) => page.getByRole('button', { name: label, exact: true }).click()
  await shoot('desk-zh-light')
  await press('切换为深色')
  await shoot('desk-zh-dark')
  await press('切换为英文')
  await shoot('desk-en-dark')
  await press('Switch to light')
  await shoot('desk-en-light')
  await page.setViewportSize(TABLET)
  await shoot('tablet-en-light')
  await press('Switch to Chinese')
  await shoot('tablet-zh-light')
  await context.close()
}

for (const [name, address, role, prepare] of PAGES) {
  test(`photograph ${name}`, ({ browser }) => photograph(browser, name, address, role, prepare))
}

test.describe('while calls go on', () => {
  let played: ChildProcess
  const calls = `${new URL('../..', import.meta.url).pathname}tests/calls`

  test.beforeAll(async () => {
    const to = `${process.env.E2E_URL!.replace('http', 'ws')}/live/media-stream/${LIVE.name}/${LIVE.token}`
    played = spawn(binary(), ['simulate', calls, '--to', to, '--at-once', '3', '--loop', '--for', '10m'], {
      stdio: 'ignore',
    })
    await new Promise((done) => setTimeout(done, 45_000))
  })
  test.afterAll(() => {
    played.kill('SIGTERM')
  })

  test('photograph live', ({ browser }) => photograph(browser, 'live', '/live', 'supervisor'))

  test('photograph live-call', async ({ browser, page }) => {
    await logIn(page, 'supervisor')
    const { calls } = await (await page.request.get('/api/v1/live/calls')).json()
    // The last that began goes on for longest.
    calls.sort((a: { elapsed_s: number }, b: { elapsed_s: number }) => a.elapsed_s - b.elapsed_s)
    await photograph(browser, 'live-call', `/live/${calls[0].call_id}`, 'supervisor')
  })
})
