import { accessible, expect, LANGUAGES, logIn, test } from './at'

const RUBRIC = '/rubrics/inbound-service-zh'
const TEXTS = {
  'zh-CN': { title: '评分标准', sound: '检查通过，可以发布' },
  'en-US': { title: 'Rubrics', sound: 'Sound: it can be published' },
} as const

for (const language of LANGUAGES) {
  test(`rubrics are listed and read, ${language}`, async ({ page }) => {
    await logIn(page, 'reviewer', language)
    await page.goto('/rubrics')
    await expect(page.getByRole('heading', { level: 1, name: TEXTS[language].title })).toBeVisible()
    await expect(page.getByText('inbound-service-zh')).toBeVisible()
    await accessible(page)
    await page.goto(RUBRIC)
    await expect(page.getByText('greeting_hello', { exact: true })).toBeVisible()
    await accessible(page)
    await page.goto(`${RUBRIC}?tab=edit`)
    await expect(page.getByTestId('sound')).toHaveText(TEXTS[language].sound)
    await accessible(page)
  })
}

test('a reviewer may read and try, not publish', async ({ page }) => {
  await logIn(page, 'reviewer')
  await page.goto(`${RUBRIC}?tab=edit`)
  await expect(page.getByTestId('sound')).toBeVisible()
  await expect(page.getByRole('button', { name: '发布' })).toHaveCount(0)
})

test('a mistake is shown at its place, with what was meant', async ({ page }) => {
  await logIn(page, 'administrator')
  await page.goto('/rubrics/new')
  const editor = page.getByRole('textbox', { name: '草稿' })
  await editor.click()
  await page.keyboard.press('Control+End')
  await page.keyboard.type('    wieght: 3')
  await expect(page.getByText(/第 \d+ 行第 \d+ 列/).first()).toBeVisible()
  await expect(page.getByText('weight', { exact: false }).first()).toBeVisible()
  await expect(page.getByRole('button', { name: '发布' })).toBeDisabled()
  await page.getByRole('button', { name: '改为 weight' }).click()
  await expect(editor).toContainText('weight: 3')
  await expect(editor).not.toContainText('wieght')
})

test('the editor speaks the language of its reader', async ({ page }) => {
  await logIn(page, 'reviewer')
  await page.goto(`${RUBRIC}?tab=edit`)
  await page.getByRole('textbox', { name: '草稿' }).click()
  await page.keyboard.press('Control+f')
  await expect(page.getByRole('textbox', { name: '查找' })).toBeVisible()
  await expect(page.getByRole('button', { name: '下一个' })).toBeVisible()
  await accessible(page)
})

test('dialogues run, a backtest shows what flips, and a version is published, compared and restored', async ({
  page,
}) => {
  await logIn(page, 'administrator')
  await page.goto(`${RUBRIC}?tab=dialogues`)
  await page.getByRole('button', { name: '运行对话测试' }).click()
  await expect(page.getByText(/个对话，通过/)).toBeVisible({ timeout: 60_000 })

  // A pass mark that nobody reaches, and a greeting that nobody says: every verdict that is a pass flips.
  await page.goto(`${RUBRIC}?tab=edit`)
  const before = await (await page.request.get('/api/v1/rubrics/inbound-service-zh')).json()
  const draft = JSON.stringify({
    text: before.text
      .replace(/pass_mark: \d+/, 'pass_mark: 100')
      .replace('{phrase: $hello,', '{phrase: [非常欢迎您的来电],'),
    base: before.rev,
  })
  await page.evaluate((draft) => sessionStorage.setItem('lingting.rubric.inbound-service-zh', draft), draft)
  await page.reload()
  await expect(page.getByText('有未发布的修改')).toBeVisible()
  await page.getByRole('tab', { name: '对话测试' }).click()
  await page.getByRole('button', { name: '运行对话测试' }).click()
  const failed = page.getByRole('row', { name: /随聆听提供 · 第 \d+ 行.*问候客户 符合 → 不符合/ })
  await expect(failed.first()).toBeVisible({ timeout: 60_000 })
  await accessible(page)
  await page.getByRole('tab', { name: '回测' }).click()
  await page.getByRole('button', { name: '开始回测' }).click()
  await expect(page.getByTestId('backtest-result')).toBeVisible({ timeout: 30_000 })
  await expect(page.getByRole('row', { name: /问候客户.*greeting_hello.*不符合/ })).toBeVisible()
  await accessible(page)

  await page.getByRole('tab', { name: /编辑/ }).click()
  await page.getByRole('button', { name: '与当前版本对照' }).click()
  await expect(page.getByText(/行未改动/).first()).toBeVisible()
  await page.getByRole('button', { name: '发布' }).click()
  await page.getByLabel('原因').fill('端到端测试：提高合格分')
  await page.getByRole('dialog').getByRole('button', { name: '发布' }).click()
  await expect(page.getByText('已发布，新通话按新版本评分')).toBeVisible()
  await page.getByRole('tab', { name: '版本历史' }).click()
  await expect(page.getByRole('region', { name: '合格分' })).toContainText('60 → 100')
  await expect(page.getByRole('region', { name: '问候客户' })).toContainText('非常欢迎您的来电')
  await accessible(page)
  await page.getByRole('button', { name: '重新发布此版本' }).first().click()
  // Of this run: versions of an earlier one may stand above it.
  const back = `端到端测试：恢复 ${Date.now()}`
  await page.getByLabel('原因').fill(back)
  await page.getByRole('dialog').getByRole('button', { name: '发布' }).click()
  await expect(page.getByRole('cell', { name: back })).toBeVisible()
  const after = await (await page.request.get('/api/v1/rubrics/inbound-service-zh')).json()
  expect(after.text).toContain('pass_mark: 60')
  expect(after.version).toBe(before.version + 2)
})
