/** Pages of a long list, by the service's cursors: on to older ones, and back. */
import { LeftOutlined, RightOutlined } from '@ant-design/icons'
import { Button, Flex } from 'antd'
import { useState } from 'react'
import { defineMessages, useMessages } from '@/i18n'

const messages = defineMessages({
  zh: { back: '上一页', on: '下一页', page: (n: number) => `第 ${n} 页`, pages: '翻页' },
  en: { back: 'Previous', on: 'Next', page: (n: number) => `Page ${n}`, pages: 'Pages' },
})

export interface Pages {
  /** What to ask the service with; absent on the first page. */
  cursor: string | undefined
  number: number
  on: (next: string) => void
  back: () => void
}

/** Where one is in a list; another list (`of`) begins at its first page. */
export function usePages(of: string): Pages {
  const [at, setAt] = useState<{ of: string; cursors: string[] }>({ of, cursors: [] })
  const cursors = at.of === of ? at.cursors : []
  return {
    cursor: cursors.at(-1),
    number: cursors.length + 1,
    on: (next) => setAt({ of, cursors: [...cursors, next] }),
    back: () => setAt({ of, cursors: cursors.slice(0, -1) }),
  }
}

/** Nothing where there is one page only. */
export function Pager({ pages, next }: { pages: Pages; next: string | null | undefined }) {
  const t = useMessages(messages)
  if (pages.number === 1 && !next) return null
  return (
    <Flex component="nav" justify="flex-end" align="center" gap={8} className="pager" aria-label={t.pages}>
      <Button icon={<LeftOutlined />} disabled={pages.number === 1} onClick={pages.back}>
        {t.back}
      </Button>
      <span>{t.page(pages.number)}</span>
      <Button
        icon={<RightOutlined />}
        iconPlacement="end"
        disabled={!next}
        onClick={() => next && pages.on(next)}
      >
        {t.on}
      </Button>
    </Flex>
  )
}
