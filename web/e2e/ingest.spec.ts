import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { accessible, expect, LANGUAGES, logIn, test } from './at'

const calls = `${new URL('../..', import.meta.url).pathname}tests/calls`

/** A conversation that no test before this one has sent: the same content twice is one call. */
function chat() {
  const said = randomUUID()
  return [
    '会话编号,时间,角色,昵称,内容',
    '1,2026-10-25 16:38:05,客户,访客,"你好，订单还没发货"',
    `1,2026-10-25 16:38:20,客服,小云,"您好，很高兴为您服务，正在为您查询 ${said}"`,
    '1,2026-10-25 16:39:05,客户,访客,"好的，谢谢"',
    '',
  ].join('\n')
}

/** Files dropped on the page, as from a folder. */
async function drop(page: Page, files: Record<string, string>) {
  const transfer = await page.evaluateHandle((files) => {
    const transfer = new DataTransfer()
    for (const [name, text] of Object.entries(files)) transfer.items.add(new File([text], name))
    return transfer
  }, files)
  const place = page.locator('.ant-upload-drag .ant-upload')
  await place.dispatchEvent('dragover', { dataTransfer: transfer })
  await place.dispatchEvent('drop', { dataTransfer: transfer })
}

test('a chat that is dropped with its sidecar becomes a call that opens', async ({ page }) => {
  await logIn(page, 'administrator')
  await page.goto('/ingest')
  const name = `drop-${Date.now()}`
  await drop(page, {
    [`${name}.csv`]: chat(),
    [`${name}.call.json`]: '{"client": "云帆商城", "agent": {"id": "1187"}}',
    'alone.call.json': '{}',
  })
  await expect(page.getByText('含随附信息')).toBeVisible()
  await expect(page.getByText(/alone\.call\.json.*没有对应的录音/)).toBeVisible()
  await page.getByRole('button', { name: '上传 1 个文件' }).click()
  const row = page.getByRole('row', { name: new RegExp(name) })
  await expect(row.getByText('已上传')).toBeVisible()
  await expect(row.getByText('已完成')).toBeVisible({ timeout: 60_000 })
  await row.getByRole('link', { name: '查看通话' }).click()
  await expect(page).toHaveURL(/\/calls\/[\w-]+/)
})

test('two sides of a call are one, others that look like it are joined or taken apart by hand', async ({
  page,
}) => {
  await logIn(page, 'administrator')
  await page.goto('/ingest')
  await drop(page, {
    '7-agent.wav': 'x',
    '7-customer.wav': 'x',
    'x-in.wav': 'x',
    'x-out.wav': 'x',
    'x.call.json': '{}',
    'other.wav': 'x',
  })
  const chosen = page.locator('.upload-chosen li')
  const sides = chosen.filter({ hasText: 'x-in.wav + x-out.wav' })
  await expect(sides).toContainText('含随附信息')
  await expect(chosen).toHaveCount(4)
  await expect(page.getByRole('button', { name: '上传 5 个文件' })).toBeEnabled()
  await page.getByRole('button', { name: '合为一通: 7-agent.wav + 7-customer.wav' }).click()
  await expect(chosen).toHaveCount(3)
  await expect(page.getByText(/像是同一通电话/)).toHaveCount(0)
  await sides.getByRole('button', { name: /^拆成两通/ }).click()
  await expect(chosen).toHaveCount(4)
  await expect(page.getByRole('button', { name: '合为一通: x-in.wav + x-out.wav' })).toBeVisible()
})

/** One channel of the first seconds of a sample call in mu-law, a little else each time: the same content is one call. */
function channel(of: 0 | 1): Buffer {
  const whole = readFileSync(`${calls}/en-XE1.wav`)
  const from = whole.indexOf('data') + 8
  const samples = Buffer.alloc(8 * 8000)
  for (let ix = 0; ix < samples.length; ix += 1) samples[ix] = whole[from + 2 * ix + of] ?? 0xff
  Buffer.from(randomUUID()).copy(samples)
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE(36 + samples.length, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  // mu-law, one channel, 8000 a second, a byte each
  head.writeUInt16LE(7, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(8000, 24)
  head.writeUInt32LE(8000, 28)
  head.writeUInt16LE(1, 32)
  head.writeUInt16LE(8, 34)
  head.write('data', 36)
  head.writeUInt32LE(samples.length, 40)
  return Buffer.concat([head, samples])
}

test('the two files of a call are sent as one, and become one call of two legs', async ({ page }) => {
  test.setTimeout(120_000)
  await logIn(page, 'administrator')
  await page.goto('/ingest')
  const name = `pair-${randomUUID().slice(0, 8)}`
  const file = (side: string, of: 0 | 1) => ({
    name: `${name}-${side}.wav`,
    mimeType: 'audio/wav',
    buffer: channel(of),
  })
  await page.locator('input[type=file]').setInputFiles([file('out', 1), file('in', 0)])
  await expect(page.getByText(`${name}-in.wav + ${name}-out.wav`)).toBeVisible()
  await page.getByRole('button', { name: '上传 2 个文件' }).click()
  const row = page.getByRole('row', { name: new RegExp(name) })
  await expect(row).toHaveCount(1)
  await row.getByRole('link', { name: '查看通话' }).click({ timeout: 90_000 })
  await expect(page).toHaveURL(/\/calls\/[\w-]+/)
  const id = new URL(page.url()).pathname.split('/').at(-1)
  const report = await (await page.request.get(`/api/v1/calls/${id}/report`)).json()
  expect(report.media.channels).toBe(2)
  expect(report.call.source.file).toBe(`${name}-in.wav + ${name}-out.wav`)
  // Each file has its place in the ledger, and only the call may begin again.
  await page.goto('/ingest?tab=ledger')
  const other = page.getByRole('row', { name: new RegExp(`${name}-out`) })
  const first = page.getByRole('row', { name: new RegExp(`${name}-in`) })
  await expect(first).toContainText('已完成')
  await expect(other).toContainText('已并入该通话')
  await expect(other.getByRole('button', { name: /^重试/ })).toHaveCount(0)
  // Both are played, to those who may hear calls: in a browser one file of two channels.
  await logIn(page, 'supervisor')
  const audio = await page.request.get(`/api/v1/calls/${id}/audio`)
  expect(audio.status(), await audio.text()).toBe(200)
  expect((await audio.body()).readUInt16LE(22)).toBe(2)
})

for (const width of [390, 768]) {
  test(`uploads are followed in ${width} px without scrolling sideways`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 })
    await logIn(page, 'administrator')
    await page.goto('/ingest')
    const name = `call-centre-vendor-a-team-07-2026-11-22T14-30-55Z-agent-1187-${randomUUID()}.csv`
    await drop(page, { [name]: chat() })
    await page.getByRole('button', { name: '上传 1 个文件' }).click()
    const row = page.getByRole('row', { name: new RegExp(name) })
    await expect(row.getByText('已完成')).toBeVisible({ timeout: 60_000 })
    const boxes = page.locator('html, .ant-table-container, .ant-table-content')
    const hidden = await boxes.evaluateAll((all) => all.map((box) => box.scrollWidth - box.clientWidth))
    expect(hidden.length).toBeGreaterThan(1)
    expect(hidden.filter((px) => px > 0)).toEqual([])
  })
}

test('an empty, a truncated and a wrong file each say why, and what to do', async ({ page }) => {
  test.setTimeout(120_000)
  await logIn(page, 'administrator')
  await page.goto('/ingest')
  const one = Date.now()
  const whole = readFileSync(`${calls}/zh-H5.wav`)
  const cut = Buffer.concat([whole.subarray(0, 60_000), Buffer.from(String(one))])
  const files = [
    { name: `empty-${one}.wav`, mimeType: 'audio/wav', buffer: Buffer.alloc(0) },
    { name: `cut-${one}.wav`, mimeType: 'audio/wav', buffer: cut },
    {
      name: `text-${one}.wav`,
      mimeType: 'audio/wav',
      buffer: Buffer.from(`not audio at all ${one}\n`.repeat(40)),
    },
  ]
  await page.locator('input[type=file]').setInputFiles(files)
  await expect(page.getByText(new RegExp(`empty-${one}.wav.*文件为空`))).toBeVisible()
  await page.getByRole('button', { name: '上传 2 个文件' }).click()
  const row = (what: string) => page.getByRole('row', { name: new RegExp(`${what}-${one}`) })
  await expect(row('text')).toContainText('内容不是录音也不是聊天记录。请重新导出后再上传。', {
    timeout: 60_000,
  })
  // What is there of a recording is analysed, and the call says that it is not whole.
  await row('cut').getByRole('link', { name: '查看通话' }).click({ timeout: 90_000 })
  await page.getByRole('tab', { name: '通话指标' }).click()
  await expect(page.getByText('文件不完整').first()).toBeVisible()
})

test('a large file goes in pieces, is paused, and goes on', async ({ page }) => {
  await logIn(page, 'administrator')
  await page.goto('/ingest')
  const offsets: string[] = []
  await page.route('**/api/v1/uploads/*', async (route) => {
    const request = route.request()
    if (request.method() === 'PATCH') offsets.push(request.headers()['upload-offset'] ?? '')
    // The second piece waits until the person has stopped it.
    if (request.method() === 'PATCH' && offsets.length === 2)
      await new Promise((done) => setTimeout(done, 2000))
    await route.continue().catch(() => {})
  })
  const name = `large-${Date.now()}.csv`
  const buffer = Buffer.from(chat().padEnd(9 * 1024 * 1024, ' '))
  await page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/csv', buffer })
  await page.getByRole('button', { name: '上传 1 个文件' }).click()
  const row = page.getByRole('row', { name: new RegExp(name) })
  await expect.poll(() => offsets.length).toBe(2)
  await row.getByRole('button', { name: '暂停' }).click()
  await expect(row.getByText('已暂停')).toBeVisible()
  await row.getByRole('button', { name: '继续' }).click()
  await expect(row.getByText('已上传')).toBeVisible({ timeout: 30_000 })
  expect(offsets[0]).toBe('0')
  // What had come was not sent again.
  expect(offsets.filter((offset) => offset === '0')).toHaveLength(1)
})

test('the ledger adds up, and each number lists its files', async ({ page }) => {
  await logIn(page, 'administrator')
  const broken = `broken-${Date.now()}.csv`
  const csrf = (await (await page.request.get('/api/v1/session')).json()).csrf
  await page.request.post(`/api/v1/recordings?name=${broken}`, {
    headers: { 'X-CSRF-Token': csrf },
    data: Buffer.from(`no,columns\n${randomUUID()},2\n`),
  })
  await page.goto('/ingest?tab=ledger')
  await expect(page.getByTestId('reconciled')).toBeVisible()
  const row = page.getByRole('row', { name: new RegExp(broken) })
  await expect(row.getByText('失败')).toBeVisible({ timeout: 30_000 })
  await page
    .getByRole('button', { name: /失败: \d+/ })
    .last()
    .click()
  await expect(page).toHaveURL(/state=failed/)
  await expect(page.locator('[data-state]:not([data-state=failed])')).toHaveCount(0)
  await page.getByRole('button', { name: broken, exact: true }).click()
  await expect(page.getByText('如何处理')).toBeVisible()
  await expect(page).toHaveURL(/entry=/)
  await page.getByRole('dialog').getByRole('button', { name: /重试/ }).click()
  await expect(page.getByText('已重新排队')).toBeVisible()
})

for (const [width, height] of [
  [768, 1024],
  [1024, 768],
] as const) {
  test(`the ledger is read on a tablet of ${width}x${height} without scrolling sideways`, async ({
    page,
  }) => {
    await page.setViewportSize({ width, height })
    await logIn(page, 'administrator', 'en-US')
    const name = `call-centre-vendor-a-team-07-2026-11-22T14-30-55Z-agent-1187-${randomUUID()}.csv`
    const csrf = (await (await page.request.get('/api/v1/session')).json()).csrf
    await page.request.post(`/api/v1/recordings?name=${name}`, {
      headers: { 'X-CSRF-Token': csrf },
      data: Buffer.from(`no,columns\n${randomUUID()},2\n`),
    })
    await page.goto('/ingest?tab=ledger')
    const row = page.getByRole('row', { name: new RegExp(name) })
    await expect(row).toContainText('The chat log has no columns that are known', { timeout: 30_000 })
    await expect(row).toContainText('Uploads · ')
    await expect(row.getByRole('button', { name: /^Try again/ })).toBeInViewport()
    const boxes = page.locator('html, .ant-table-container, .ant-table-content')
    const hidden = await boxes.evaluateAll((all) => all.map((box) => box.scrollWidth - box.clientWidth))
    expect(hidden.length).toBeGreaterThan(2)
    expect(hidden.filter((px) => px > 0)).toEqual([])
  })
}

test('who may not see the ledger is refused, not shown a broken page', async ({ page }) => {
  await logIn(page, 'reviewer')
  await page.goto('/ingest?tab=ledger')
  await expect(page.getByText('您没有权限查看这里')).toBeVisible()
  await expect(page.getByRole('navigation').getByText('接入与任务')).toHaveCount(0)
})

test('an auditor reads the ledger, and has nothing to press that would be refused', async ({ page }) => {
  await logIn(page, 'auditor')
  await page.goto('/ingest')
  await expect(page.getByTestId('reconciled')).toBeVisible()
  await expect(page.getByRole('tab', { name: '上传' })).toHaveCount(0)
  await expect(page.getByRole('button', { name: /^重试/ })).toHaveCount(0)
})

for (const language of LANGUAGES) {
  for (const tab of ['upload', 'ledger', 'jobs', 'sources']) {
    test(`${tab} keeps nobody out, ${language}`, async ({ page }) => {
      await logIn(page, 'administrator', language)
      await page.goto(`/ingest?tab=${tab}`)
      await expect(page.getByRole('tab', { selected: true })).toBeVisible()
      await expect(page.locator('.ant-skeleton-active')).toHaveCount(0)
      if (tab === 'upload') {
        await drop(page, { 'a.csv': 'x', 'b.call.json': '{}' })
        await expect(page.getByText('a.csv')).toBeVisible()
      }
      await accessible(page)
    })
  }
}
