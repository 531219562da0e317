/** Search: a question, what narrows it, and the calls that answer, with what was said to be heard in place. */
import { FilterOutlined } from '@ant-design/icons'
import { useNavigate } from '@tanstack/react-router'
import { Button, Drawer, Flex, Grid, Select, Switch, Tooltip } from 'antd'
import { useEffect, useId, useRef, useState } from 'react'
import { useCan } from '@/app/session'
import { useKeys } from '@/components/keys'
import { PageHead } from '@/components/page'
import { PlayerBar, useStopOnLeave } from '@/components/player'
import { ProblemAlert } from '@/components/problem'
import { useLocale, useMessages } from '@/i18n'
import { keptOf, ORDERS, reopened, type Search, toggled } from './address'
import { Box, type BoxHandle } from './box'
import { Chosen } from './chosen'
import { QueryFault } from './fault'
import { Filters } from './filters'
import { QueryHelp } from './help'
import { messages } from './messages'
import { Pages, Results } from './results'
import { MakeRule } from './rule'
import { SavedSearches, SaveSearch } from './saved'
import { useSearches } from './use-known'
import { useSearchPage } from './use-search'
import './search.css'

export function SearchPage() {
  const t = useMessages(messages)
  const { format } = useLocale()
  const can = useCan()
  const page = useSearchPage()
  const { search, answer, fault, go } = page
  const [text, setText] = useState(search.q)
  // Back and forward, and links, put another question into the box.
  useEffect(() => setText(search.q), [search.q])
  const box = useRef<BoxHandle>(null)
  const faultId = useId()
  const searches = useSearches()
  const wide = Grid.useBreakpoint().lg
  const ask = (q: string) => {
    setText(q)
    go({ ...search, q: q.trim() })
  }
  const filtered = Object.keys(search.facts).length + (search.from || search.to ? 1 : 0)
  const asked = search.q !== '' || filtered > 0
  useSearchKeys(box)
  useStopOnLeave()
  const filters = (
    <Filters search={search} onChange={go} facets={answer.data?.facets} waiting={answer.isPending} />
  )
  return (
    <>
      <PageHead
        title={t.title}
        hint={t.hint}
        extra={
          can('searches') && (
            <>
              <SavedSearches onOpen={(kept) => go(reopened(kept.search))} />
              {asked && !fault && <SaveSearch search={search} />}
            </>
          )
        }
      />
      <Box
        ref={box}
        value={text}
        onChange={setText}
        onSearch={ask}
        onUnit={({ unit, text }) => {
          setText(text)
          go({ ...toggled(search, unit.kind, unit.id), q: text })
        }}
        onKept={(id) => {
          const kept = searches.data?.find((one) => one.id === id)
          if (kept) go(reopened(kept.search))
        }}
        faultId={fault ? faultId : undefined}
      />
      <Flex gap={12} align="center" wrap className="search-ways">
        <Tooltip title={t.soundsHint}>
          {/* biome-ignore lint/a11y/noLabelWithoutControl: the switch is inside */}
          <label className="sounds">
            <Switch
              size="small"
              checked={search.sounds}
              onChange={(sounds) => go({ ...search, q: text.trim(), sounds })}
            />
            {t.sounds}
          </label>
        </Tooltip>
        <QueryHelp onTry={ask} />
        {can('rubrics.read') && (
          <MakeRule query={fault ? '' : (keptOf(search).query ?? '')} filtered={filtered > 0} />
        )}
      </Flex>
      {fault && (
        <QueryFault
          id={faultId}
          text={search.q.trim()}
          fault={fault}
          onMend={ask}
          onGo={(place) => box.current?.focus(place)}
        />
      )}
      {answer.isError && !fault && <ProblemAlert problem={answer.error} retry={() => answer.refetch()} />}
      <div className={wide ? 'search-body search-body-wide' : 'search-body'}>
        {wide && <aside aria-label={t.filters}>{filters}</aside>}
        <section>
          <Flex gap={12} align="center" justify="space-between" wrap className="search-head">
            <span role="status" className="search-total">
              {answer.data && !answer.isError && t.found(format.number(answer.data.total))}
            </span>
            <Flex gap={8}>
              {!wide && (
                <Narrow count={filtered} title={t.filters}>
                  {filters}
                </Narrow>
              )}
              <Select
                aria-label={t.sort}
                value={search.order}
                popupMatchSelectWidth={false}
                options={ORDERS.map((order) => ({ value: order, label: t[order] }))}
                onChange={(order: Search['order']) => go({ ...search, order })}
              />
            </Flex>
          </Flex>
          <Chosen search={search} onChange={go} />
          {!answer.isError && (
            <>
              <Results
                answer={answer.data}
                old={answer.isPlaceholderData}
                plain={!asked}
                onSounds={search.q && !search.sounds ? () => go({ ...search, sounds: true }) : undefined}
              />
              <Pages page={page.page} onPrevious={page.onPrevious} onNext={page.onNext} />
            </>
          )}
        </section>
      </div>
      <PlayerBar />
    </>
  )
}

/** The filters where there is no room beside the calls. */
function Narrow({ count, title, children }: { count: number; title: string; children: React.ReactNode }) {
  const t = useMessages(messages)
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button icon={<FilterOutlined />} onClick={() => setOpen(true)}>
        {count > 0 ? t.filtersCount(count) : t.filters}
      </Button>
      <Drawer open={open} onClose={() => setOpen(false)} title={title} size={320}>
        {children}
      </Drawer>
    </>
  )
}

/** From utterance to utterance without the mouse; Enter then plays. */
function useSearchKeys(box: React.RefObject<BoxHandle | null>) {
  const t = useMessages(messages)
  const navigate = useNavigate()
  const hits = () => [...document.querySelectorAll<HTMLElement>('.hit')]
  const here = () => hits().findIndex((hit) => hit.contains(document.activeElement))
  const step = (by: number) => {
    const all = hits()
    const next = all[Math.max(0, Math.min(all.length - 1, here() + by))]
    next?.querySelector<HTMLElement>('button, a')?.focus()
    next?.scrollIntoView({ block: 'nearest' })
  }
  useKeys('search', [
    { keys: '/', does: t.goSearchBox, run: () => box.current?.focus() },
    { keys: 'j', does: t.nextHit, run: () => step(1) },
    { keys: 'k', does: t.previousHit, run: () => step(-1) },
    {
      keys: 'o',
      does: t.openHit,
      run: () => {
        const link = hits()[here()]?.querySelector<HTMLAnchorElement>('a.hit-open')
        if (link) void navigate({ href: link.getAttribute('href') ?? '' })
      },
    },
  ])
}
