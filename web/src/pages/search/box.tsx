/** The box: a query with suggestions under it. A combobox as ARIA has it. */
import { SearchOutlined } from '@ant-design/icons'
import { Button, Input, type InputRef } from 'antd'
import { type KeyboardEvent, type Ref, useId, useImperativeHandle, useMemo, useRef, useState } from 'react'
import { useUnitWords } from '@/components/units'
import { useLocale, useMessages } from '@/i18n'
import { messages } from './messages'
import { type Suggestion, suggestionsFor } from './suggest'
import { useKnown } from './use-known'

export interface BoxHandle {
  /** Puts the caret at a place in the text, in UTF-16. */
  focus: (place?: number) => void
}

interface Props {
  value: string
  onChange: (text: string) => void
  onSearch: (text: string) => void
  /** A unit was chosen as a filter; the text without its name. */
  onUnit: (suggestion: Extract<Suggestion, { kind: 'unit' }>) => void
  onKept: (id: string) => void
  /** The id of what says that the query is wrong. */
  faultId: string | undefined
  ref: Ref<BoxHandle>
}

export function Box({ value, onChange, onSearch, onUnit, onKept, faultId, ref }: Props) {
  const t = useMessages(messages)
  const { chinese } = useLocale()
  const input = useRef<InputRef>(null)
  const [caret, setCaret] = useState(0)
  const [open, setOpen] = useState(false)
  const [active, setActive] = useState(-1)
  const known = useKnown(open)
  const listId = useId()
  const offered = useMemo(
    () => (open ? suggestionsFor(value, Math.min(caret, value.length), { chinese, ...known }) : []),
    [open, value, caret, chinese, known],
  )
  const shown = open && offered.length > 0
  const place = (at: number) => {
    setCaret(at)
    // After the text has been drawn.
    requestAnimationFrame(() => input.current?.setSelectionRange(at, at))
  }
  useImperativeHandle(ref, () => ({
    focus: (at) => {
      input.current?.focus()
      if (at !== undefined) place(at)
    },
  }))
  const write = (text: string) => {
    onChange(text)
    setActive(-1)
    setOpen(true)
  }
  const choose = (one: Suggestion) => {
    setActive(-1)
    if (one.kind === 'kept') {
      setOpen(false)
      onKept(one.kept.id)
      return
    }
    if (one.kind === 'unit') {
      setOpen(false)
      onUnit(one)
    } else write(one.text)
    place(one.caret)
  }
  const search = () => {
    setOpen(false)
    onSearch(value)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    // Keys of an input method are its own.
    if (event.nativeEvent.isComposing) return
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    const one = shown ? offered[active] : undefined
    if (step) {
      event.preventDefault()
      setOpen(true)
      const places = offered.length + 1
      setActive((at) => ((at + 1 + step + places) % places) - 1)
    } else if (event.key === 'Enter' || (event.key === 'Tab' && one)) {
      event.preventDefault()
      if (one) choose(one)
      else search()
    } else if (event.key === 'Escape') setOpen(false)
  }
  const follow = () => setCaret(input.current?.input?.selectionStart ?? value.length)
  return (
    <div className="search-box">
      <div className="search-field">
        <Input
          ref={input}
          size="large"
          allowClear
          prefix={<SearchOutlined />}
          placeholder={t.placeholder}
          value={value}
          status={faultId ? 'error' : ''}
          maxLength={2000}
          spellCheck={false}
          autoComplete="off"
          role="combobox"
          aria-label={t.box}
          aria-expanded={shown}
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={shown && active >= 0 ? `${listId}-${active}` : undefined}
          aria-invalid={faultId !== undefined}
          aria-describedby={faultId}
          onChange={(event) => {
            write(event.target.value)
            follow()
          }}
          onSelect={follow}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={onKeyDown}
        />
        <div role="listbox" id={listId} aria-label={t.suggestions} className="suggestions" hidden={!shown}>
          {offered.map((one, ix) => (
            // The box keeps the focus; its keys choose here.
            // biome-ignore lint/a11y/useKeyWithClickEvents: a combobox's options take no keys
            // biome-ignore lint/a11y/useFocusableInteractive: a combobox's options take no focus
            <div
              key={one.key}
              id={`${listId}-${ix}`}
              role="option"
              aria-selected={ix === active}
              className="suggestion"
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => choose(one)}
            >
              <Told one={one} />
            </div>
          ))}
        </div>
      </div>
      <Button type="primary" size="large" onClick={search}>
        {t.search}
      </Button>
    </div>
  )
}

function Told({ one }: { one: Suggestion }) {
  const t = useMessages(messages)
  const kinds = useUnitWords()
  if (one.kind === 'insert') {
    return (
      <>
        <code>{one.label.trim()}</code>
        <span>{one.does === 'sounds' ? t.soundsDoes : t[one.does]}</span>
      </>
    )
  }
  if (one.kind === 'unit') {
    return (
      <>
        <b>{one.unit.name}</b>
        <span>{t.filterBy(kinds[one.unit.kind])}</span>
      </>
    )
  }
  return (
    <>
      <b>{one.kept.name}</b>
      <span>{t.keptSearch}</span>
    </>
  )
}
