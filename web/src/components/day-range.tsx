/** Two days between which things lie; either may be open. Works in a form, and with an address. */
import { DatePicker } from 'antd'
import dayjs from 'dayjs'
import { defineMessages, useMessages } from '@/i18n'

const messages = defineMessages({
  zh: { today: '今天', week: '近 7 天', month: '近 30 天' },
  en: { today: 'Today', week: 'Last 7 days', month: 'Last 30 days' },
})

export interface Days {
  from?: string | undefined
  to?: string | undefined
}

interface Props {
  value?: Days | undefined
  onChange?: (days: Days) => void
  label?: string
  id?: string
  /** Offers days to choose at once; not where the page has them beside it. */
  presets?: boolean
  className?: string
}

const asDay = (day: string | undefined) => (day ? dayjs(day) : null)

export function DayRange({ value = {}, onChange, label, presets = true, ...rest }: Props) {
  const t = useMessages(messages)
  const today = dayjs()
  const last = (days: number): [dayjs.Dayjs, dayjs.Dayjs] => [today.subtract(days - 1, 'day'), today]
  return (
    <DatePicker.RangePicker
      {...rest}
      {...(label && { 'aria-label': label })}
      allowEmpty={[true, true]}
      value={[asDay(value.from), asDay(value.to)]}
      onChange={(days) =>
        onChange?.({ from: days?.[0]?.format('YYYY-MM-DD'), to: days?.[1]?.format('YYYY-MM-DD') })
      }
      {...(presets && {
        presets: [
          { label: t.today, value: last(1) },
          { label: t.week, value: last(7) },
          { label: t.month, value: last(30) },
        ],
      })}
    />
  )
}
