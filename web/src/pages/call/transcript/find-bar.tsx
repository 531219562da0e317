/** Finds in the transcript: `/` goes here, Enter to the next, Shift+Enter back, Escape leaves. */
import { DownOutlined, SearchOutlined, UpOutlined } from '@ant-design/icons'
import { Button, Input, type InputRef } from 'antd'
import { type KeyboardEvent, useRef } from 'react'
import { useKeys } from '@/components/keys'
import { useTexts } from '../messages'

interface Props {
  /** What it finds in. */
  label: string
  wanted: string
  at: number
  of: number
  onWanted: (text: string) => void
  onStep: (by: 1 | -1) => void
}

export function FindBar({ label, wanted, at, of, onWanted, onStep }: Props) {
  const t = useTexts()
  const input = useRef<InputRef>(null)
  useKeys('call find', [{ keys: '/', does: label, run: () => input.current?.focus() }])
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Enter') onStep(event.shiftKey ? -1 : 1)
    else if (event.key === 'Escape') {
      onWanted('')
      input.current?.blur()
    }
  }
  return (
    <search className="find">
      <Input
        ref={input}
        size="small"
        prefix={<SearchOutlined />}
        placeholder={label}
        aria-label={label}
        value={wanted}
        allowClear
        onChange={(event) => onWanted(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {wanted.trim() !== '' && (
        <>
          <span role="status" className="find-count">
            {of > 0 ? t.found(at, of) : t.notFound}
          </span>
          <Button
            size="small"
            type="text"
            icon={<UpOutlined />}
            aria-label={t.previousMatch}
            disabled={of === 0}
            onClick={() => onStep(-1)}
          />
          <Button
            size="small"
            type="text"
            icon={<DownOutlined />}
            aria-label={t.nextMatch}
            disabled={of === 0}
            onClick={() => onStep(1)}
          />
        </>
      )}
    </search>
  )
}
