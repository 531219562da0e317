/**
 * Keys. A page says which it takes with `useKeys`; they work unless somebody is typing, and `?` shows them all.
 */
import { QuestionCircleOutlined } from '@ant-design/icons'
import { Button, Modal, Tooltip } from 'antd'
import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { tinykeys } from 'tinykeys'
import { defineMessages, useMessages } from '@/i18n'

const messages = defineMessages({
  zh: { title: '快捷键', show: '显示快捷键（?）' },
  en: { title: 'Keys', show: 'Show keys (?)' },
})

export interface Key {
  /** As tinykeys writes it: `j`, `Shift+Enter`, `g i`. */
  keys: string
  /** What it does, in the reader's language. */
  does: string
  run: () => void
}

const shown = new Map<string, Key[]>()
const watchers = new Set<() => void>()
let snapshot: [string, Key[]][] = []

function changed() {
  snapshot = [...shown]
  for (const watcher of watchers) watcher()
}

/** Inputs in which nothing is typed. */
const TOUCHED = /^(checkbox|radio|button|range)$/

function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target.closest('.ant-modal') !== null) return true
  if (target instanceof HTMLInputElement) return !TOUCHED.test(target.type)
  return /^(TEXTAREA|SELECT)$/.test(target.tagName)
}

/** What has the focus keeps the keys that work it: Enter and Space press, arrows move, whatever else a page means. */
function working({ key, target }: KeyboardEvent): boolean {
  if (!(target instanceof Element)) return false
  if (key === 'Enter' || key === ' ') return target.closest('a, button, summary, [role="tab"]') !== null
  return key.startsWith('Arrow') && target.closest('[type="radio"], [role="tab"], [role="slider"]') !== null
}

/** Takes keys while the component is there. `scope` names the page. */
export function useKeys(scope: string, keys: Key[], enabled = true) {
  const latest = useRef(keys)
  latest.current = keys
  // The functions change at each drawing; what is written in the help does not.
  const written = JSON.stringify(keys.map(({ keys, does }) => [keys, does]))
  useEffect(() => {
    if (!enabled) return
    const names = (JSON.parse(written) as [string, string][]).map(([name]) => name)
    const bindings = names.map((name) => [
      name,
      (event: KeyboardEvent) => {
        if (typing(event.target) || working(event)) return
        event.preventDefault()
        latest.current.find(({ keys }) => keys === name)?.run()
      },
    ])
    const stop = tinykeys(window, Object.fromEntries(bindings))
    shown.set(scope, latest.current)
    changed()
    return () => {
      stop()
      shown.delete(scope)
      changed()
    }
  }, [scope, written, enabled])
}

/** The button, and the list that it and `?` open. */
export function Keys() {
  const t = useMessages(messages)
  const [open, setOpen] = useState(false)
  const all = useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    () => snapshot,
  )
  useKeys('help', [{ keys: 'Shift+?', does: t.show, run: () => setOpen(true) }])
  return (
    <>
      <Tooltip title={t.show}>
        <Button
          type="text"
          icon={<QuestionCircleOutlined />}
          aria-label={t.show}
          onClick={() => setOpen(true)}
        />
      </Tooltip>
      <Modal open={open} onCancel={() => setOpen(false)} footer={null} title={t.title}>
        <dl className="keys">
          {all.flatMap(([scope, keys]) =>
            keys.map(({ keys, does }) => (
              <div key={scope + keys}>
                <dt>
                  <kbd>{keys.replace('Shift+?', '?')}</kbd>
                </dt>
                <dd>{does}</dd>
              </div>
            )),
          )}
        </dl>
      </Modal>
    </>
  )
}
