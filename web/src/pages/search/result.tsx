/** One call that answers: what it is, and what was said in it, to be heard in place. */

import { ExportOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button, Skeleton, Tag } from 'antd'
import { useState } from 'react'
import { api, data, type Schemas } from '@/api/client'
import { useCan } from '@/app/session'
import { callName } from '@/components/call-name'
import { PlayButton } from '@/components/player'
import { UnitName } from '@/components/units'
import { useWords, VerdictTag } from '@/components/verdict'
import { useLocale, useMessages } from '@/i18n'
import { partsOf } from './marks'
import { messages } from './messages'

type Found = Schemas['FoundCall']

/** Utterances that are shown before more are asked for. */
const FEW = 3

export function Result({ found }: { found: Found }) {
  const t = useMessages(messages)
  const can = useCan()
  const [more, setMore] = useState(false)
  const call = useCallHead(found.call_id)
  const hits = more ? found.hits : found.hits.slice(0, FEW)
  const left = found.hits.length - FEW
  const playable = can('audio.play') && call.data?.has_audio === true
  return (
    <article className="result" data-call={found.call_id}>
      <ResultHead found={found} call={call.data} missing={call.isError} />
      {hits.length > 0 && (
        <ul className="hits">
          {hits.map((hit) => (
            <HitRow key={hit.utterance} callId={found.call_id} hit={hit} playable={playable} />
          ))}
        </ul>
      )}
      {left > 0 && (
        <Button type="link" size="small" onClick={() => setMore(!more)}>
          {more ? t.fewerHits : t.moreHits(left)}
        </Button>
      )}
      {found.hits_total > found.hits.length && (more || left <= 0) && (
        <Link to="/calls/$callId" params={{ callId: found.call_id }}>
          {t.allHits(found.hits_total)}
        </Link>
      )}
    </article>
  )
}

/** What the search does not tell of a call. */
function useCallHead(id: string) {
  return useQuery({
    queryKey: ['call', id, 'head'],
    queryFn: () => data(api.GET('/api/v1/calls/{call_id}', { params: { path: { call_id: id } } })),
    staleTime: 60_000,
  })
}

interface HeadProps {
  found: Found
  call: Schemas['Call'] | undefined
  missing: boolean
}

function ResultHead({ found, call, missing }: HeadProps) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const words = useWords()
  return (
    <header className="result-head">
      <Link to="/calls/$callId" params={{ callId: found.call_id }} className="result-id" title={t.open}>
        {call ? callName(call.external_id) : format.dateTime(found.started)}
      </Link>
      {call && <VerdictTag verdict={call.verdict} />}
      <Tag variant="outlined">{t.riskOf(found.risk)}</Tag>
      {call && call.review_state !== 'open' && <Tag variant="filled">{words(call.review_state)}</Tag>}
      <span className="result-facts">
        {call ? (
          <>
            {call.agent && (
              <span>
                {words('agent')} <UnitName kind="agent" id={call.agent} />
              </span>
            )}
            {call.team && <UnitName kind="team" id={call.team} />}
            {call.vendor && <UnitName kind="vendor" id={call.vendor} />}
            <span>{format.dateTime(found.started)}</span>
            <span>
              {call.kind === 'chat' ? t.chat : call.has_audio ? format.clock(call.duration_s) : t.noAudio}
            </span>
          </>
        ) : (
          !missing && <Skeleton.Input active size="small" />
        )}
      </span>
    </header>
  )
}

interface HitProps {
  callId: string
  hit: Schemas['Hit']
  playable: boolean
}

function HitRow({ callId, hit, playable }: HitProps) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const words = useWords()
  const at = format.clock(hit.start_s)
  return (
    <li className="hit" data-party={hit.party}>
      {playable && (
        <PlayButton piece={{ callId, from: hit.start_s }} at={hit.start_s} shape="circle" className="play" />
      )}
      <span className="hit-time">{at}</span>
      <span className="hit-party">{words(hit.party)}</span>
      <span className="hit-text">
        {partsOf(hit.text, hit.marks).map(({ text, start }, ix) =>
          // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text have no other name
          start === undefined ? <span key={ix}>{text}</span> : <mark key={ix}>{text}</mark>,
        )}
      </span>
      <Link
        className="hit-open"
        to="/calls/$callId"
        params={{ callId }}
        search={{ t: String(hit.start_s) }}
        aria-label={t.openAt(at)}
        title={t.openAt(at)}
      >
        <ExportOutlined />
      </Link>
    </li>
  )
}
