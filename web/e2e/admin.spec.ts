import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from '@playwright/test'
import { accessible, expect, LANGUAGES, logIn, test } from './at'

const ADMIN = ['people', 'units', 'retention', 'webhooks', 'audit']
const FIRST = 'slow-river-7788'
const SECOND = 'quick-brook-9911'

async function csrfOf(page: Page): Promise<string> {
  return (await (await page.request.get('/api/v1/session')).json()).csrf
}

for (const place of ADMIN) {
  test(`a reviewer is refused ${place} kindly`, async ({ page }) => {
    await logIn(page, 'reviewer')
    await page.goto(`/admin/${place}`)
    await expect(page.getByText('您没有权限查看这里')).toBeVisible()
    await expect(page.getByRole('navigation').getByText('系统管理')).toHaveCount(0)
  })
}

test('a person is made, logs in, changes their password, and is disabled', async ({
  page,
  browser,
  baseURL,
}) => {
  test.slow()
  const login = `new${Date.now()}`
  await logIn(page, 'administrator')
  await page.goto('/admin/people')
  await page.getByRole('button', { name: '新增账号' }).click()
  const form = page.getByRole('dialog')
  await form.getByLabel('姓名').fill('新来的甲方')
  await form.getByLabel('用户名').fill(login)
  await form.getByLabel('角色').click()
  await page.locator('.ant-select-item-option', { hasText: '甲方' }).click()
  await form.getByLabel('初始密码').fill(FIRST)
  await form.getByRole('button', { name: '新增账号' }).click()
  await expect(form.getByText(/每条范围都须指定甲方/).last()).toBeVisible()
  await form.getByLabel('第 1 条范围: 甲方').fill('云帆商城')
  await form.getByRole('button', { name: '新增账号' }).click()
  await expect(page.getByText('已新增账号 新来的甲方')).toBeVisible()

  const context = await browser.newContext({ baseURL, locale: 'zh-CN' })
  const theirs = await context.newPage()
  const enter = async (password: string) => {
    await theirs.goto('/')
    await theirs.getByLabel('用户名', { exact: true }).fill(login)
    await theirs.getByLabel('密码', { exact: true }).fill(password)
    await theirs.getByRole('button', { name: '登录', exact: true }).click()
  }
  await enter(FIRST)
  await expect(theirs.getByRole('button', { name: '新来的甲方' })).toBeVisible()
  await expect(theirs.getByRole('navigation').getByText('系统管理')).toHaveCount(0)
  await theirs.goto('/account')
  const change = async (old: string, fresh: string, again = fresh) => {
    await theirs.getByLabel('当前密码').fill(old)
    await theirs.getByLabel('新密码', { exact: true }).fill(fresh)
    await theirs.getByLabel('再次输入新密码').fill(again)
    await theirs.getByRole('button', { name: '修改密码' }).click()
  }
  await change(FIRST, SECOND, `${SECOND}x`)
  await expect(theirs.getByText('两次输入的新密码不一致')).toBeVisible()
  await change('wrong-old-word', SECOND)
  await expect(theirs.getByText('当前密码不正确')).toBeVisible()
  await change(FIRST, SECOND)
  await expect(theirs.getByText('密码已修改')).toBeVisible()
  await context.clearCookies()
  await enter(SECOND)
  await expect(theirs.getByRole('button', { name: '新来的甲方' })).toBeVisible()

  await page
    .getByRole('row', { name: new RegExp(login) })
    .getByRole('button', { name: '新来的甲方' })
    .click()
  await page.getByRole('button', { name: '停用账号' }).click()
  await page.locator('.ant-modal-confirm').getByRole('button', { name: '停用账号' }).click()
  await expect(page.getByText(/自 .* 起停用/)).toBeVisible()
  await theirs.goto('/account')
  await expect(theirs.getByLabel('用户名', { exact: true })).toBeVisible()
  await context.close()
})

test('a token is shown once, works, and is revoked', async ({ page, playwright, baseURL }) => {
  await logIn(page, 'auditor')
  await page.goto('/account')
  const name = `仓库同步 ${Date.now()}`
  await page.getByRole('button', { name: '新建令牌' }).click()
  await page.getByRole('dialog').getByLabel('用途').fill(name)
  await page.getByRole('dialog').getByRole('button', { name: '新建令牌' }).click()
  const shown = page.getByRole('textbox', { name: '新令牌' })
  await expect(shown).toHaveValue(/^lt_/)
  const secret = await shown.inputValue()
  const program = await playwright.request.newContext({
    baseURL: baseURL!,
    extraHTTPHeaders: { Authorization: `Bearer ${secret}` },
  })
  expect((await program.get('/api/v1/calls')).status()).toBe(200)
  await page.getByRole('button', { name: '我已保存' }).click()
  await expect(shown).toHaveCount(0)
  await page.reload()
  await expect(page.getByText(name)).toBeVisible()
  expect(await page.content()).not.toContain(secret)
  await page.getByRole('button', { name: `吊销 ${name}` }).click()
  await page.locator('.ant-modal-confirm').getByRole('button', { name: '吊销' }).click()
  await expect(page.getByRole('row', { name: new RegExp(name) }).getByText('已吊销')).toBeVisible()
  expect((await program.get('/api/v1/calls')).status()).toBe(401)
  await program.dispose()
})

test('a unit is renamed where it stands', async ({ page }) => {
  await logIn(page, 'administrator')
  await page.goto('/admin/units?kind=client')
  const first = page.getByRole('row').nth(1)
  await expect(first.getByRole('button', { name: /^修改名称/ })).toBeVisible()
  const id = (await first.locator('td').nth(1).textContent()) ?? ''
  const name = `甲方 ${Date.now()}`
  await first.getByRole('button', { name: /^修改名称/ }).click()
  await page.getByLabel(`${id} 的名称`).fill(name)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: `修改名称：${name}` })).toBeVisible()
  await page.getByRole('button', { name: `修改名称：${name}` }).click()
  await page.getByLabel(`${id} 的名称`).fill(id)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: `修改名称：${id}` })).toBeVisible()
})

test('a webhook tells a receiver, shows that it did, and is removed', async ({ page }) => {
  const heard: { kind: string; signature: string | undefined }[] = []
  const receiver = createServer((request, answer) => {
    let text = ''
    request.on('data', (chunk) => {
      text += chunk
    })
    request.on('end', () => {
      heard.push({ kind: JSON.parse(text).type, signature: request.headers['webhook-signature']?.toString() })
      answer.writeHead(204).end()
    })
  })
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done))
  const { port } = receiver.address() as AddressInfo
  try {
    await logIn(page, 'administrator')
    await page.goto('/admin/webhooks')
    const name = `数据平台 ${Date.now()}`
    await page.getByRole('button', { name: '新增回调' }).click()
    const form = page.getByRole('dialog')
    await form.getByLabel('名称').fill(name)
    await form.getByLabel('地址').fill(`http://127.0.0.1:${port}/hook`)
    await form.getByRole('button', { name: '新增回调' }).click()
    await expect(page.getByRole('textbox', { name: '签名密钥' })).toHaveValue(/^whsec_/)
    await page.getByRole('button', { name: '我已保存' }).click()

    const said = `时间,角色,内容\n2026-10-25 16:38:05,客户,你好 ${Date.now()}\n2026-10-25 16:38:09,客服,您好\n`
    const sent = await page.request.post(`/api/v1/recordings?name=hook-${Date.now()}.csv`, {
      headers: { 'X-CSRF-Token': await csrfOf(page) },
      data: Buffer.from(said),
    })
    expect(sent.status()).toBe(202)
    await expect.poll(() => heard.length, { timeout: 60_000 }).toBeGreaterThan(0)
    expect(heard[0]?.kind).toBe('call.analysed')
    expect(heard[0]?.signature).toMatch(/^v1,/)

    await page.getByRole('button', { name, exact: true }).click()
    const drawer = page.getByRole('dialog', { name })
    await expect(drawer.getByText('已送达').first()).toBeVisible({ timeout: 15_000 })
    await expect(drawer.getByText('HTTP 204').first()).toBeVisible()
    await accessible(page)
    await drawer
      .getByRole('button', { name: /^重新发送/ })
      .first()
      .click()
    await expect.poll(() => heard.length, { timeout: 30_000 }).toBeGreaterThan(1)

    await drawer.getByRole('button', { name: '暂停' }).click()
    await page.locator('.ant-modal-confirm').getByRole('button', { name: '暂停' }).click()
    await expect(drawer.getByText('已暂停')).toBeVisible()
    await drawer.getByRole('button', { name: '删除' }).click()
    await page.locator('.ant-modal-confirm').getByRole('button', { name: '删除' }).click()
    await expect(page.getByRole('button', { name, exact: true })).toHaveCount(0)
  } finally {
    receiver.close()
  }
})

test('the audit log is filtered, verified and copied', async ({ page }) => {
  await logIn(page, 'auditor')
  await page.goto('/admin/audit')
  await page.getByRole('button', { name: '校验日志' }).click()
  await expect(page.getByText(/完整：[\d,]+ 行环环相扣/)).toBeVisible()
  await page.getByRole('button', { name: '登录', exact: true }).first().click()
  await expect(page).toHaveURL(/action=session\.begin/)
  await expect(page.getByRole('button', { name: '校验审计日志' })).toHaveCount(0)
  const saving = page.waitForEvent('download')
  await page.getByRole('button', { name: '导出 CSV' }).click()
  const saved = await (await saving).createReadStream()
  let text = ''
  for await (const chunk of saved) text += chunk
  expect(text).toContain('seq,at,actor,action')
  expect(text).not.toContain('audit.verify')
})

test('a head that is not of this log is told', async ({ page }) => {
  await logIn(page, 'auditor')
  await page.goto('/admin/audit')
  await page.getByRole('button', { name: '与保存的末行核对' }).click()
  await page.getByLabel('行号').fill('1')
  await page.getByLabel('校验值').fill('0'.repeat(64))
  await page.getByRole('button', { name: '校验日志' }).click()
  await expect(page.getByText('第 1 行与您保存的末行不一致')).toBeVisible()
})

test('a rule is written, a hold keeps its calls, and nothing goes without the number typed', async ({
  page,
}) => {
  await logIn(page, 'administrator')
  await page.goto('/admin/retention?tab=rules')
  const name = `测试规则 ${Date.now()}`
  await page.getByRole('button', { name: '新增规则' }).click()
  const form = page.getByRole('dialog')
  await form.getByLabel('名称').fill(name)
  await form.getByLabel(/保留期限/).fill('1')
  await form.getByRole('button', { name: '保存' }).click()
  await expect(page.getByRole('cell', { name, exact: true })).toBeVisible()

  await page.getByRole('tab', { name: '到期清单' }).click()
  await expect(page.getByRole('heading', { name: /\d+ 通有内容到期/ })).toBeVisible()
  await page.getByRole('button', { name: '按清单删除' }).click()
  const ask = page.getByRole('dialog')
  await expect(ask.getByRole('button', { name: '按清单删除' })).toBeDisabled()
  await ask.getByRole('textbox').fill('0')
  await expect(ask.getByRole('button', { name: '按清单删除' })).toBeDisabled()
  await accessible(page)
  await ask.getByRole('button', { name: '取消' }).click()

  await page.getByRole('tab', { name: '保全', exact: true }).click()
  await page.getByRole('button', { name: '新增保全' }).click()
  const reason = `案件 ${Date.now()}`
  await page.getByRole('dialog').getByLabel('理由').fill(reason)
  await page.getByRole('dialog').getByRole('button', { name: '新增保全' }).click()
  await expect(page.getByRole('cell', { name: reason, exact: true })).toBeVisible()
  await page.getByRole('tab', { name: '到期清单' }).click()
  await expect(page.getByText('现在没有到期的内容')).toBeVisible()
  await expect(page.getByText(/到期但被保全/).first()).toBeVisible()

  await page.getByRole('tab', { name: '保全', exact: true }).click()
  await page.getByRole('button', { name: `解除: ${reason}` }).click()
  await page.getByRole('dialog').getByLabel('理由').fill('测试结束')
  await page.getByRole('dialog').getByRole('button', { name: '解除' }).click()
  await expect(page.getByRole('cell', { name: reason, exact: true })).toHaveCount(0)
  await page.getByRole('tab', { name: '保留规则' }).click()
  await page.getByRole('button', { name: `结束规则: ${name}` }).click()
  await page.locator('.ant-modal-confirm').getByRole('button', { name: '结束规则' }).click()
  await expect(page.getByRole('cell', { name, exact: true })).toHaveCount(0)
})

const PLACES = [
  '/admin/people',
  '/admin/people?add=yes',
  '/admin/units',
  '/admin/retention',
  '/admin/retention?tab=rules',
  '/admin/retention?tab=holds',
  '/admin/retention?tab=certificates',
  '/admin/webhooks',
  '/admin/webhooks?add=yes',
  '/admin/audit',
  '/account',
]
for (const language of LANGUAGES) {
  for (const place of PLACES) {
    test(`${place} keeps nobody out, ${language}`, async ({ page }) => {
      await logIn(page, 'administrator', language)
      await page.goto(place)
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      await expect(page.locator('.ant-skeleton-active, .ant-spin-spinning')).toHaveCount(0)
      // Half-faded texts of a window that comes in have no contrast yet.
      if (place.includes('add')) await page.waitForTimeout(600)
      await accessible(page)
    })
  }
}
