import type { Page } from '@playwright/test'
import { accessible, expect, LANGUAGES, type Language, logIn, test } from './at'

const TEXTS = {
  'zh-CN': {
    box: '检索内容',
    search: '检索',
    sounds: '音近',
    save: '保存检索',
    keep: '保存',
    name: '名称',
    saved: '我的检索',
    forget: (name: string) => `删除“${name}”`,
    yes: '删除',
    rule: '生成规则',
    make: '生成草稿',
    goOn: '到评分标准继续',
    rubrics: '评分标准',
    meant: '改为 agent:',
    player: '播放器',
    stop: '暂停',
    nothing: '没有符合的通话',
  },
  'en-US': {
    box: 'What to look for',
    search: 'Search',
    sounds: 'Sounds like',
    save: 'Save search',
    keep: 'Save',
    name: 'Name',
    saved: 'My searches',
    forget: (name: string) => `Delete “${name}”`,
    yes: 'Delete',
    rule: 'Make this a rule',
    make: 'Make the draft',
    goOn: 'Go on in rubrics',
    rubrics: 'Rubrics',
    meant: 'Change to agent:',
    player: 'Player',
    stop: 'Pause',
    nothing: 'No call answers this',
  },
} as const

const box = (page: Page, language: Language = 'zh-CN') =>
  page.getByRole('combobox', { name: TEXTS[language].box })

async function ask(page: Page, query: string, language: Language = 'zh-CN') {
  await box(page, language).fill(query)
  await page.keyboard.press('Enter')
}

for (const language of LANGUAGES) {
  const t = TEXTS[language]

  test(`a phrase is found, lit up and accessible, ${language}`, async ({ page }) => {
    await logIn(page, 'reviewer', language)
    await page.goto('/search')
    await expect(page.locator('.result').first()).toBeVisible()
    await accessible(page)
    await ask(page, '"您好"', language)
    await expect(page).toHaveURL(/q=/)
    await expect(page.locator('.hit mark').first()).toHaveText('您好')
    await accessible(page)
    await ask(page, '"这句话谁也没有说过"', language)
    await expect(page.getByText(t.nothing)).toBeVisible()
    await accessible(page)
  })

  test(`a mistake is shown at its place and mended, ${language}`, async ({ page }) => {
    await logIn(page, 'reviewer', language)
    await page.goto('/search')
    await ask(page, '您好 agnet:请问', language)
    await expect(page.locator('.fault-part')).toHaveText('agnet:')
    await expect(box(page, language)).toHaveAttribute('aria-invalid', 'true')
    await accessible(page)
    await page.getByRole('button', { name: t.meant }).click()
    await expect(box(page, language)).toHaveValue('您好 agent:请问')
    await expect(page.locator('.fault')).toHaveCount(0)
    await expect(page.locator('.hit').first()).toBeVisible()
  })

  test(`a search is saved, opened and deleted, ${language}`, async ({ page }) => {
    await logIn(page, 'reviewer', language)
    const name = `您好 ${Date.now()}`
    await page.goto('/search?q=您好&verdict=fail')
    await page.getByRole('button', { name: t.save }).click()
    await page.getByLabel(t.name, { exact: true }).fill(name)
    await page.getByRole('button', { name: t.keep, exact: true }).click()
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await page.goto('/search')
    await page.getByRole('button', { name: t.saved }).click()
    await page.getByRole('button', { name }).first().click()
    await expect(box(page, language)).toHaveValue('您好')
    await expect(page).toHaveURL(/verdict=fail/)
    await page.getByRole('button', { name: t.saved }).click()
    await page.getByRole('button', { name: t.forget(name) }).click()
    await page.locator('.ant-popconfirm').getByRole('button', { name: t.yes, exact: true }).click()
    await expect(page.getByRole('button', { name: t.forget(name) })).toHaveCount(0)
  })

  test(`a search becomes the draft of a rule, ${language}`, async ({ page }) => {
    await logIn(page, 'administrator', language)
    await page.goto('/search?q=不归我管')
    await page.getByRole('button', { name: t.rule }).click()
    await page.getByRole('button', { name: t.make }).click()
    await expect(page.locator('.draft')).toContainText('rubric: from-search')
    await accessible(page)
    await page.getByRole('button', { name: t.goOn }).click()
    await expect(page).toHaveURL(/\/rubrics\/new/)
    await expect(page.locator('.cm-content')).toContainText('from-search')
  })
}

test('what sounds like it is found where the very word is not', async ({ page }) => {
  await logIn(page, 'reviewer')
  await page.goto('/search')
  await ask(page, '~投诉')
  await expect(page.locator('.hit mark', { hasText: '头塑' })).toBeVisible()
  await ask(page, '投诉')
  await expect(page).toHaveURL(/q=(?!~|%7E)/)
  await expect(page.locator('.hit mark', { hasText: '头塑' })).toHaveCount(0)
  // The switch does the same to every word.
  await page.getByRole('switch', { name: '音近' }).click()
  await expect(page).toHaveURL(/sounds=/)
  await expect(page.locator('.hit mark', { hasText: '头塑' })).toBeVisible()
})

test('what was said is heard in place, and its call opened there', async ({ page }) => {
  await logIn(page, 'reviewer')
  await page.goto('/search?q=~投诉')
  const hit = page.locator('.hit').first()
  await hit.getByRole('button', { name: /从 .* 播放/ }).click()
  const time = page.getByRole('region', { name: '播放器' }).locator('output')
  const now = async () => Number(await time.getAttribute('data-time'))
  const first = await now()
  expect(first).toBeGreaterThan(1)
  await expect.poll(now).toBeGreaterThan(first + 0.5)
  await hit.getByRole('button', { name: /暂停/ }).click()
  const stopped = await now()
  await page.waitForTimeout(400)
  expect(await now()).toBeCloseTo(stopped, 1)
  await accessible(page)
  await hit.getByRole('link').click()
  await expect(page).toHaveURL(/\/calls\/[^?]+\?t=/)
})

test('facets narrow, stay after a reload, and are taken back', async ({ page }) => {
  await logIn(page, 'reviewer')
  await page.goto('/search')
  const total = page.locator('.search-total')
  await expect(total).toHaveText(/共 \d+ 通/)
  const all = await total.textContent()
  const fail = page.locator('[data-fact="verdict"]').getByRole('checkbox').first()
  const count = await page.locator('[data-fact="verdict"] .filter-count').first().textContent()
  await fail.check()
  await expect(total).toHaveText(`共 ${count} 通`)
  await page.reload()
  await expect(fail).toBeChecked()
  await expect(total).toHaveText(`共 ${count} 通`)
  await expect(page.locator('.result')).toHaveCount(Number(count))
  await page.getByRole('button', { name: '清除全部筛选' }).click()
  await expect(total).toHaveText(all!)
})

test('suggestions are chosen with keys', async ({ page }) => {
  await logIn(page, 'reviewer')
  await page.goto('/search')
  await expect(box(page)).toBeVisible()
  await page.keyboard.press('/')
  await expect(box(page)).toBeFocused()
  await page.keyboard.type('坐')
  await expect(page.getByRole('option').first()).toContainText('坐席:')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(box(page)).toHaveValue('坐席:')
  await page.keyboard.type('您好')
  await page.keyboard.press('Enter')
  await expect(page.locator('.hit').first()).toHaveAttribute('data-party', 'agent')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Escape')
})

test('on a tablet, filters are in a drawer', async ({ page }) => {
  await page.setViewportSize({ width: 820, height: 1180 })
  await logIn(page, 'reviewer')
  await page.goto('/search')
  await page.getByRole('button', { name: '筛选' }).click()
  await page.getByRole('dialog').getByRole('checkbox').first().check()
  await expect(page).toHaveURL(/verdict=/)
  await accessible(page)
})
