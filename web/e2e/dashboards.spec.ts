import type { Page } from '@playwright/test'
import { accessible, expect, LANGUAGES, logIn, test } from './at'

interface Group {
  name?: string
  rubric?: string
  key?: string
  calls: number
  compliance: { of: number; share?: number }
  filter: Record<string, string>
}

const get = async <T>(page: Page, path: string) => (await (await page.request.get(path)).json()) as T

/** The chart is drawn once its description is there. */
const chart = (page: Page, title: string) => page.locator('.chart-card', { hasText: title }).locator('.chart')

const TEXTS = {
  'zh-CN': { compliance: '礼貌合规率', asTable: '礼貌合规率：以表格查看', all: '全部', calls: '通话' },
  'en-US': {
    compliance: 'Courtesy compliance',
    asTable: 'Courtesy compliance: show as a table',
    all: 'All',
    calls: 'Calls',
  },
} as const

for (const language of LANGUAGES) {
  const t = TEXTS[language]

  test(`figures are those of the service, ${language}`, async ({ page }) => {
    // Contrasts of a long page are looked at twice.
    test.slow()
    await logIn(page, 'supervisor', language)
    await page.goto('/dashboards?when=all&by=criterion')
    type Overview = { all: number; findings: { compliance: { share: number } } }
    const overview = await get<Overview>(page, '/api/v1/stats/overview')
    const { groups } = await get<{ groups: Group[] }>(page, '/api/v1/stats/compliance?by=criterion')
    const tiles = page.locator('.glance').last().locator('.tile-value')
    await expect(tiles.first()).toHaveText(String(overview.all))
    const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 })
    await expect(tiles.nth(1)).toHaveText(percent.format(overview.findings.compliance.share))
    await expect(chart(page, t.compliance).locator('canvas')).toBeVisible()
    await expect(chart(page, t.compliance)).toHaveAttribute('aria-label', /Wilson/)
    await accessible(page)
    await page.getByRole('button', { name: t.asTable }).click()
    const rows = page.locator('.chart-card', { hasText: t.compliance }).locator('tbody tr.ant-table-row')
    await expect(rows).toHaveCount(groups.length)
    const [worst] = groups
    // A criterion is called what its rubric calls it in the reader's language.
    type Named = { outline: { criteria: { id: string; title: { zh: string; en: string } }[] } }
    const { outline } = await get<Named>(page, `/api/v1/rubrics/${worst!.rubric}`)
    const { title } = outline.criteria.find(({ id }) => id === worst!.key)!
    await expect(rows.first()).toContainText(language === 'zh-CN' ? title.zh : title.en)
    await expect(rows.first()).toContainText(percent.format(worst!.compliance.share!))
    await accessible(page)
  })

  test(`coverage reconciles with the ledger, ${language}`, async ({ page }) => {
    await logIn(page, 'supervisor', language)
    await page.goto('/coverage')
    type Coverage = { files: number; by_state: Record<string, number> }
    const coverage = await get<Coverage>(page, '/api/v1/stats/coverage')
    const { all } = await get<{ all: number }>(page, '/api/v1/ledger/totals')
    expect(coverage.files).toBe(all)
    await expect(page.locator('.coverage .tile-value').first()).toHaveText(String(all))
    await expect(page.locator('.coverage-sum').first()).toHaveAttribute('data-same', 'true')
    await expect(page.locator('[data-part="done"] b')).toHaveText(String(coverage.by_state.done))
    await accessible(page)
    await page.locator('[data-part="done"] a').click()
    await expect(page).toHaveURL(/\/ingest\?state=done/)
  })

  test(`agents see their own page, ${language}`, async ({ page }) => {
    await logIn(page, 'agent', language)
    await page.goto('/agents/me')
    await expect(page.locator('.tile-value').first()).toHaveText(/^\d+$/)
    await expect(page.locator('.versus').first()).toBeVisible()
    await accessible(page)
    await page.locator('.agent-calls a').first().click()
    await expect(page).toHaveURL(/\/calls\//)
  })
}

test('a bar opens its calls', async ({ page }) => {
  await logIn(page, 'supervisor')
  await page.goto('/dashboards?when=all&by=team')
  const { groups } = await get<{ groups: Group[] }>(page, '/api/v1/stats/compliance?by=team')
  const place = chart(page, '礼貌合规率')
  await expect(place.locator('canvas')).toBeVisible()
  await page.waitForTimeout(500)
  const judged = groups.filter(({ compliance }) => compliance.share !== undefined)
  const { height } = (await place.boundingBox())!
  // The first band, between the chart's margins.
  await place.click({ position: { x: 200, y: 4 + (height - 32) / judged.length / 2 } })
  await expect(page).toHaveURL(/\/inbox\?/)
  const address = new URL(page.url()).searchParams
  expect(address.get('finding')).toBe('not_met')
  expect(address.get('team') ?? '').toBe(judged[0]!.filter.team)
})

test('time and units stand in the address', async ({ page }) => {
  await logIn(page, 'supervisor')
  await page.goto('/dashboards')
  await page.locator('.range-bar').getByText('全部', { exact: true }).click()
  await expect(page).toHaveURL(/when=all/)
  await page.getByRole('combobox', { name: '供应商' }).click()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/vendor=/)
  const vendor = new URL(page.url()).searchParams.get('vendor')!
  const { all } = await get<{ all: number }>(
    page,
    `/api/v1/stats/overview?vendor=${encodeURIComponent(vendor)}`,
  )
  const calls = page.locator('.glance').last().locator('.tile-value').first()
  await expect(calls).toHaveText(String(all))
  await page.reload()
  await expect(calls).toHaveText(String(all))
})

test('who may not see figures of many calls is told so', async ({ page }) => {
  await logIn(page, 'agent')
  await page.goto('/dashboards')
  await expect(page.getByRole('alert').first()).toBeVisible()
  await expect(page.getByRole('link', { name: '看板' })).toHaveCount(0)
})
