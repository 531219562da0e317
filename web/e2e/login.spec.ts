import { accessible, expect, LANGUAGES, test } from './at'
import { PEOPLE } from './people'

const TEXTS = {
  'zh-CN': { login: '用户名', password: '密码', enter: '登录', inbox: '待复核', out: '退出登录' },
  'en-US': { login: 'User name', password: 'Password', enter: 'Log in', inbox: 'Inbox', out: 'Log out' },
} as const

for (const language of LANGUAGES) {
  test(`a reviewer logs in and out, ${language}`, async ({ page }) => {
    const t = TEXTS[language]
    const { login, name, password } = PEOPLE.reviewer
    await page.addInitScript((language) => localStorage.setItem('lingting.language', language), language)
    await page.goto('/')
    await expect(page.locator('html')).toHaveAttribute('lang', language)
    await accessible(page)
    await page.getByLabel(t.login, { exact: true }).fill(login)
    await page.getByLabel(t.password, { exact: true }).fill(`${password}x`)
    await page.getByRole('button', { name: t.enter, exact: true }).click()
    await expect(page.getByRole('alert')).toBeVisible()
    await page.getByLabel(t.password, { exact: true }).fill(password)
    await page.keyboard.press('Enter')
    await expect(page).toHaveURL(/\/inbox/)
    await expect(page.getByRole('heading', { level: 1 })).toContainText(t.inbox)
    await page.getByRole('button', { name }).click()
    await page.getByText(t.out).click()
    await expect(page.getByLabel(t.login, { exact: true })).toBeVisible()
  })
}

test('language and theme are kept', async ({ page }) => {
  await page.addInitScript(() =>
    localStorage.setItem('lingting.language', localStorage.getItem('lingting.language') ?? 'zh-CN'),
  )
  await page.goto('/')
  await page.getByRole('button', { name: '切换为英文' }).click()
  await page.getByRole('button', { name: 'Switch to dark' }).click()
  await page.reload()
  await expect(page.locator('html')).toHaveAttribute('lang', 'en-US')
  await expect(page.locator('html')).toHaveAttribute('data-scheme', 'dark')
})
