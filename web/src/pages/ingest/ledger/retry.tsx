/** Begins a file again; for those who may. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { App, Button, type ButtonProps } from 'antd'
import { api, data, type Schemas } from '@/api/client'
import { useCan } from '@/app/session'
import { useMessages } from '@/i18n'
import { ledgerMessages } from './messages'
import { fileName } from './remedy'

export function RetryButton({ entry, ...rest }: { entry: Schemas['LedgerEntry'] } & ButtonProps) {
  const t = useMessages(ledgerMessages)
  const can = useCan()
  const client = useQueryClient()
  const { message } = App.useApp()
  const retry = useMutation({
    mutationFn: () =>
      data(api.POST('/api/v1/ledger/{entry_id}/retry', { params: { path: { entry_id: entry.id } } })),
    onSuccess: () => {
      message.success(t.retried)
      return client.invalidateQueries({ queryKey: ['ledger'] })
    },
    onError: (error) => message.error(error.message),
  })
  if (!can('ledger.write')) return null
  return (
    <Button
      size="small"
      loading={retry.isPending}
      onClick={() => retry.mutate()}
      aria-label={`${t.retry}: ${fileName(entry.path)}`}
      {...rest}
    >
      {t.retry}
    </Button>
  )
}
