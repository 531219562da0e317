/** A YAML editor: completion by the schema, remarks of the service at their places, and a comparison beside the text. */
import {
  autocompletion,
  type CompletionContext,
  closeBrackets,
  completionKeymap,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { yaml } from '@codemirror/lang-yaml'
import {
  bracketMatching,
  defaultHighlightStyle,
  HighlightStyle,
  indentUnit,
  syntaxHighlighting,
} from '@codemirror/language'
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint'
import { unifiedMergeView } from '@codemirror/merge'
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search'
import { Compartment, EditorState } from '@codemirror/state'
import { EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { useEffect, useRef } from 'react'
import type { Schemas } from '@/api/client'
import { nonce, useAppearance } from '@/app/appearance'
import { useLocale } from '@/i18n'
import { offer } from './completion'
import './editor.css'

interface Props {
  label: string
  text: string
  onText: (text: string) => void
  diagnostics: Schemas['RubricDiagnostic'][]
  /** Compared with this, where it is given. */
  original?: string | undefined
  readOnly?: boolean
}

const darkStyle = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: '#7dd3c8' },
  { tag: [tags.string, tags.content], color: '#e5d5a8' },
  { tag: tags.comment, color: '#8b9aa6' },
  { tag: [tags.number, tags.bool, tags.null], color: '#f0a6ca' },
  { tag: tags.punctuation, color: '#a9b6c0' },
])

/** Where two texts are the same, so many lines stand around what differs; fewer than so many are not hidden. */
const UNCHANGED = { margin: 3, minSize: 6 }

/** What the editor itself says. */
const CHINESE = {
  Find: '查找',
  Replace: '替换',
  next: '下一个',
  previous: '上一个',
  all: '全选',
  'match case': '区分大小写',
  regexp: '正则',
  'by word': '整词',
  replace: '替换',
  'replace all': '全部替换',
  close: '关闭',
  'current match': '当前匹配',
  'on line': '在第几行：',
  'replaced match on line $': '已替换第 $ 行的匹配',
  'replaced $ matches': '已替换 $ 处',
  'Go to line': '转到行',
  go: '转到',
  '$ unchanged lines': '$ 行未改动',
  Diagnostics: '检查结果',
  'No diagnostics': '没有问题',
  Completions: '补全',
  'Selection deleted': '已删除所选内容',
  'Control character': '控制字符',
}

function complete(context: CompletionContext) {
  const offered = offer(context.state.doc.toString(), context.pos)
  if (!offered || (!context.explicit && offered.from === context.pos)) return null
  return { ...offered, validFor: /^[\w$-]*$/ }
}

export function Editor({ label, text, onText, diagnostics, original, readOnly = false }: Props) {
  const place = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(null)
  const changed = useRef(onText)
  changed.current = onText
  const looks = useRef(new Compartment())
  const compared = useRef(new Compartment())
  const tongue = useRef(new Compartment())
  const { scheme } = useAppearance()
  const { chinese } = useLocale()

  // biome-ignore lint/correctness/useExhaustiveDependencies: made once; what changes later is dispatched below
  useEffect(() => {
    const made = new EditorView({
      parent: place.current!,
      state: EditorState.create({
        doc: text,
        extensions: [
          EditorView.cspNonce.of(nonce() ?? ''),
          EditorView.contentAttributes.of({ 'aria-label': label }),
          EditorState.readOnly.of(readOnly),
          lineNumbers(),
          history(),
          yaml(),
          indentUnit.of('  '),
          bracketMatching(),
          closeBrackets(),
          highlightActiveLine(),
          highlightSelectionMatches(),
          search({ top: true }),
          lintGutter(),
          autocompletion({ override: [complete] }),
          keymap.of([
            ...defaultKeymap,
            ...historyKeymap,
            ...searchKeymap,
            ...completionKeymap,
            indentWithTab,
          ]),
          EditorView.updateListener.of(
            (update) => update.docChanged && changed.current(update.state.doc.toString()),
          ),
          looks.current.of([]),
          compared.current.of([]),
          tongue.current.of([]),
        ],
      }),
    })
    // Whoever scrolls by keyboard must be able to get there.
    made.scrollDOM.tabIndex = 0
    view.current = made
    return () => made.destroy()
  }, [])

  useEffect(() => {
    const now = view.current
    if (now && now.state.doc.toString() !== text) {
      now.dispatch({ changes: { from: 0, to: now.state.doc.length, insert: text } })
    }
  }, [text])

  useEffect(() => {
    const style = scheme === 'dark' ? darkStyle : defaultHighlightStyle
    view.current?.dispatch({
      effects: looks.current.reconfigure([
        syntaxHighlighting(style),
        EditorView.theme({}, { dark: scheme === 'dark' }),
      ]),
    })
  }, [scheme])

  useEffect(() => {
    const phrases = chinese ? EditorState.phrases.of(CHINESE) : []
    view.current?.dispatch({ effects: tongue.current.reconfigure(phrases) })
  }, [chinese])

  useEffect(() => {
    const merge =
      original === undefined
        ? []
        : unifiedMergeView({ original, mergeControls: false, collapseUnchanged: UNCHANGED })
    view.current?.dispatch({ effects: compared.current.reconfigure(merge) })
  }, [original])

  useEffect(() => {
    const now = view.current
    if (now) now.dispatch(setDiagnostics(now.state, marks(now.state, diagnostics, chinese)))
  }, [diagnostics, chinese])

  return <div ref={place} className="rubric-editor" />
}

/** Remarks at their places; the text may have moved on since they were made. */
function marks(state: EditorState, diagnostics: Props['diagnostics'], chinese: boolean): Diagnostic[] {
  return diagnostics.flatMap((one) => {
    if (one.line > state.doc.lines) return []
    const line = state.doc.line(Math.max(1, one.line))
    const from = Math.min(line.to, line.from + Math.max(0, one.column - 1))
    const to = Math.min(line.to, from + Math.max(1, one.length))
    const replace = one.suggestion
    return [
      {
        from,
        to,
        severity: one.level === 'error' ? ('error' as const) : ('warning' as const),
        message: chinese ? one.message.zh : one.message.en,
        actions: replace
          ? [
              {
                name: replace,
                apply: (view: EditorView, from: number, to: number) =>
                  view.dispatch({ changes: { from, to, insert: replace } }),
              },
            ]
          : [],
      },
    ]
  })
}
