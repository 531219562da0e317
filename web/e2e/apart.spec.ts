/** What no shared service may suffer: calls that are deleted, and a disk that is full. Each has a service of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { expect, test } from './at'
import { PEOPLE } from './people'
import { Client, type Served, serve } from './service'

const chat = (day: string, said: string) =>
  [
    '会话编号,时间,角色,昵称,内容',
    `1,${day} 16:38:05,客户,访客,"你好，订单还没发货 ${said}"`,
    `1,${day} 16:38:20,客服,小云,"您好，很高兴为您服务，正在为您查询"`,
    '',
  ].join('\n')

interface Apart extends Served {
  client: Client
}

async function begin(data: string): Promise<Apart> {
  const served = await serve(data)
  const client = new Client(served.url)
  const { login, name, password } = PEOPLE.administrator
  await client.ask('POST', '/api/v1/setup', { code: served.code, login, name, password })
  return { ...served, client }
}

async function enter(page: Page, url: string) {
  const { login, password } = PEOPLE.administrator
  await page.goto(url)
  await page.getByLabel('用户名', { exact: true }).fill(login)
  await page.getByLabel('密码', { exact: true }).fill(password)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('navigation').first()).toBeVisible()
}

async function upload(page: Page, files: Record<string, string>) {
  const payloads = Object.entries(files).map(([name, text]) => ({
    name,
    mimeType: 'text/csv',
    buffer: Buffer.from(text),
  }))
  await page.locator('input[type=file]').first().setInputFiles(payloads)
  const sent = payloads.filter(({ name }) => !name.endsWith('.call.json')).length
  await page.getByRole('button', { name: `上传 ${sent} 个文件` }).click()
}

test.describe('on a service of its own', () => {
  let data: string
  let apart: Apart
  test.beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'lingting-apart-'))
    apart = await begin(data)
  })
  test.afterAll(async () => {
    await apart.end()
    rmSync(data, { recursive: true, force: true })
  })

  test('what is due is seen, confirmed by its number, deleted, and proved', async ({ page }) => {
    await enter(page, apart.url)
    await page.goto(`${apart.url}/ingest`)
    const started = '{"started_at": "2025-01-05T16:38:05+08:00"}'
    const chats = { 'old.csv': chat('2025-01-05', 'a'), 'held.csv': chat('2025-01-06', 'b') }
    await upload(page, { ...chats, 'old.call.json': started, 'held.call.json': started })
    await expect(page.getByText('已完成')).toHaveCount(2, { timeout: 60_000 })
    const { items } = await apart.client.ask<{ items: { id: string; external_id: string }[] }>(
      'GET',
      '/api/v1/calls',
    )
    const [old, held] = ['old', 'held'].map((name) => items.find((call) => call.external_id === name)!)
    const calls = { call_id: held!.id }
    await apart.client.ask('POST', '/api/v1/retention/holds', { reason: '客户投诉', calls })
    const rule = { name: '满 30 天', after_days: 30, goes: 'all' }
    await apart.client.ask('POST', '/api/v1/retention/rules', rule)

    await page.goto(`${apart.url}/admin/retention`)
    await expect(page.getByRole('heading', { name: '1 通有内容到期' })).toBeVisible()
    await expect(page.getByText('另有 1 通到期但被保全，不会删除')).toBeVisible()
    await expect(page.getByRole('link', { name: 'old' })).toBeVisible()
    await page.getByRole('button', { name: /按清单删除/ }).click()
    const dialog = page.getByRole('dialog')
    const go = dialog.getByRole('button', { name: '按清单删除' })
    await expect(go).toBeDisabled()
    await dialog.getByRole('textbox').fill('1')
    await go.click()
    await expect(page.getByText(/最近一次删除：已完成/)).toBeVisible({ timeout: 30_000 })

    await page.getByRole('tab', { name: '删除证明' }).click()
    const row = page.getByRole('row', { name: new RegExp(old!.id) })
    await expect(row).toContainText('满 30 天')
    await row.getByRole('button').first().click()
    await expect(page.getByText('证明编号').first()).toBeVisible()
    const saved = page.waitForEvent('download')
    await page.getByRole('button', { name: /下载/ }).click()
    expect((await saved).suggestedFilename()).toMatch(/^deletion-.+\.json$/)

    await page.goto(`${apart.url}/calls/${old!.id}`)
    await expect(page.getByRole('heading', { level: 1 })).toContainText('这里没有内容')
    await page.goto(`${apart.url}/calls/${held!.id}`)
    await expect(page.getByRole('heading', { level: 1 })).toContainText('held')
  })
})

/** `SMALL_DISK` names an empty folder on a file system of some 40 MB: `mount -t tmpfs -o size=40m none DIR`. */
const small = process.env.SMALL_DISK

test('a full disk is told with what to do, and loses nothing', async ({ page, complaints }) => {
  test.skip(!small, 'only when SMALL_DISK names a folder on a small file system')
  test.setTimeout(180_000)
  const apart = await begin(small!)
  try {
    await enter(page, apart.url)
    await page.goto(`${apart.url}/ingest`)
    await upload(page, { 'first.csv': chat('2025-01-05', 'a') })
    await expect(page.getByText('已完成')).toHaveCount(1, { timeout: 60_000 })
    // Somebody else fills the disk.
    const filler = join(small!, 'filler')
    const chunk = Buffer.alloc(64 * 1024)
    expect(() => {
      for (;;) writeFileSync(filler, chunk, { flag: 'a' })
    }).toThrow(/ENOSPC/)
    await page.reload()
    await upload(page, { 'second.csv': chat('2025-01-06', 'b').padEnd(200_000, '\n') })
    await expect(page.getByText(/磁盘已满/).first()).toBeVisible({ timeout: 90_000 })
    // Room is made: the same file goes through by one press, and what was there is there.
    rmSync(filler)
    await page.getByRole('button', { name: '重试' }).first().click()
    await expect(page.getByText('已完成')).toHaveCount(1, { timeout: 60_000 })
    const { items } = await apart.client.ask<{ items: unknown[] }>('GET', '/api/v1/calls')
    expect(items).toHaveLength(2)
  } finally {
    await page.goto('about:blank')
    await apart.end()
    // A full disk's refusals are what is tried here.
    complaints.length = 0
  }
})
