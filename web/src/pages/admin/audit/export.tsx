/** A copy of the rows that the filters leave, as CSV. */
import { DownloadOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { App, Button } from 'antd'
import { useState } from 'react'
import { api, data } from '@/api/client'
import { useAddress } from '@/components/address'
import { saveFile } from '@/components/save-file'
import { useLocale, useMessages } from '@/i18n'
import { csvOf, type Row } from './csv'
import { messages } from './messages'

/** A browser holds as many without trouble. */
const ROWS_MAX = 50_000

export function Export() {
  const t = useMessages(messages)
  const { format } = useLocale()
  const { message } = App.useApp()
  const [{ actor, action, object }] = useAddress()
  const [read, setRead] = useState(0)
  const copy = useMutation({
    mutationFn: async () => {
      const rows: Row[] = []
      let cursor: string | undefined
      do {
        const query = { actor, action, object, cursor, limit: 200 }
        const page = await data(api.GET('/api/v1/audit', { params: { query } }))
        rows.push(...page.items)
        cursor = page.next ?? undefined
        setRead(rows.length)
      } while (cursor && rows.length < ROWS_MAX)
      saveFile(`lingting-audit-${rows[0]?.seq ?? 0}.csv`, csvOf(rows), 'text/csv')
      if (cursor) message.warning(t.exportMore(format.number(rows.length)), 10)
    },
    onMutate: () => setRead(0),
    onError: (error) => message.error(error.message),
  })
  return (
    <Button icon={<DownloadOutlined />} loading={copy.isPending} onClick={() => copy.mutate()}>
      {copy.isPending ? t.exporting(format.number(read)) : t.export}
    </Button>
  )
}
