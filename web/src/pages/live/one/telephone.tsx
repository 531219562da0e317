/** Joining by one's own telephone: as a silent listener, heard by the agent, or heard by both. */
import { PhoneOutlined } from '@ant-design/icons'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Form, Input, Radio } from 'antd'
import { useState } from 'react'
import { type LiveCall, live, type Mode } from '@/api/live'
import { useCan, useMe } from '@/app/session'
import { ProblemAlert } from '@/components/problem'
import { useLiveTexts } from '../messages'
import { useCallTexts } from './messages'
import { joinOf, waysOf } from './modes'
import { useAsked } from './reason-dialog'

const TELEPHONE = 'lingting.telephone'

export function Telephone({ call }: { call: LiveCall }) {
  const t = useCallTexts()
  const words = useLiveTexts()
  const can = useCan()
  const client = useQueryClient()
  const ways = waysOf(call, can)
  const joined = joinOf(call, useMe().person.id)
  const [telephone, setTelephone] = useState(() => localStorage.getItem(TELEPHONE) ?? '')
  const [chosen, setChosen] = useState<Mode>()
  const [missing, setMissing] = useState(false)
  const mode = joined?.mode ?? chosen ?? ways.find(({ why }) => !why)?.mode
  const done = () => client.invalidateQueries({ queryKey: ['live', 'call', call.call_id] })

  const ring = useMutation({
    mutationFn: (reason: string) =>
      live.join(call.call_id, { mode: mode!, telephone: telephone.trim(), reason }),
    onSuccess: done,
  })
  const asked = useAsked((reason) => ring.mutate(reason))
  const change = useMutation({
    mutationFn: (mode: Mode) => live.changeJoin(joined!.join_id, mode),
    onSuccess: done,
  })
  const leave = useMutation({
    mutationFn: () => live.leave(joined!.join_id),
    // Whoever hung up the telephone has left already.
    onSettled: done,
  })
  const go = () => {
    if (!telephone.trim()) return setMissing(true)
    localStorage.setItem(TELEPHONE, telephone.trim())
    asked.go()
  }
  const problem = ring.error ?? change.error
  const whyNot = {
    leave: t.noLeave,
    no_connector: t.noConnector,
    unable: t.notPossible,
    no_handle: t.noHandle,
  }
  // Where no way is open, and for one reason, there is nothing to choose and no number to give.
  const shut = ways[0]?.why
  if (!joined && shut && ways.every(({ why }) => why === shut)) {
    return (
      <section className="panel live-panel" aria-label={t.telephone}>
        <div className="panel-head">
          <h2>{t.telephone}</h2>
        </div>
        <span className="live-fine-text">{whyNot[shut]}</span>
      </section>
    )
  }
  const hints = { listen: t.listenHint, coach: t.coachHint, barge: t.bargeHint }
  return (
    <section className="panel live-panel" aria-label={t.telephone}>
      <div className="panel-head">
        <h2>{t.telephone}</h2>
      </div>
      {problem && <ProblemAlert problem={problem} />}
      <Radio.Group
        className="live-modes"
        aria-label={t.mode}
        value={mode}
        disabled={change.isPending}
        onChange={({ target }) => (joined ? change.mutate(target.value) : setChosen(target.value))}
      >
        {ways.map(({ mode, why }) => (
          <Radio key={mode} value={mode} disabled={why !== undefined}>
            {words[mode]}
            <small>{why ? whyNot[why] : hints[mode]}</small>
          </Radio>
        ))}
      </Radio.Group>
      {joined ? (
        <div className="live-ring">
          <span role="status">{t.ringing(words[joined.mode])}</span>
          <Button danger loading={leave.isPending} onClick={() => leave.mutate()}>
            {t.hangUp}
          </Button>
        </div>
      ) : (
        <Form.Item
          label={t.number}
          htmlFor="live-telephone"
          layout="vertical"
          className="live-number"
          validateStatus={missing ? 'error' : undefined}
          help={missing ? t.numberNeeded : undefined}
        >
          <div className="live-ring">
            <Input
              id="live-telephone"
              value={telephone}
              maxLength={100}
              placeholder={t.numberEg}
              autoComplete="off"
              onChange={({ target }) => {
                setMissing(false)
                setTelephone(target.value)
              }}
              onPressEnter={go}
            />
            <Button
              icon={<PhoneOutlined />}
              disabled={mode === undefined}
              loading={ring.isPending}
              onClick={go}
            >
              {t.ring}
            </Button>
          </div>
        </Form.Item>
      )}
      {asked.dialog}
    </section>
  )
}
