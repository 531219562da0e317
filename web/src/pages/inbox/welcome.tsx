/** The first run: what to do on a system that has no calls yet. */
import {
  CloudUploadOutlined,
  CustomerServiceOutlined,
  FolderOpenOutlined,
  TeamOutlined,
} from '@ant-design/icons'
import { Link } from '@tanstack/react-router'
import { Button, Progress } from 'antd'
import type { ReactNode } from 'react'
import { useCan } from '@/app/session'
import { ProblemAlert } from '@/components/problem'
import { defineMessages, useMessages } from '@/i18n'
import { type Samples, underWay, useLoadSamples, useSamples } from './samples'

const messages = defineMessages({
  zh: {
    title: '还没有通话，从这里开始',
    hint: '录音只在本机解码、转写和评分，不会上传到别处。',
    samples: '载入示例通话',
    samplesHint: (n: number) =>
      `${n} 段合成的中英文通话和聊天，带有违规用语、长时间静音、态度生硬等情形。一键载入，几分钟内即可看到结论和证据。`,
    load: '载入示例通话',
    loading: (done: number, all: number) => `正在分析：${done} / ${all}`,
    scope: '示例通话须由可查看全部通话的人员载入。',
    waiting: (n: number) => `${n} 段在等待缺少的识别模型，备齐后自动继续。`,
    failed: (n: number) => `${n} 段未能处理，原因见“接入与任务”。`,
    upload: '上传录音',
    uploadHint: '把录音或聊天记录拖进来：WAV、MP3、OGG、FLAC、M4A、AMR 等，单双声道均可。',
    toUpload: '去上传',
    folder: '接入录音文件夹',
    folderHint: '让系统盯住录音系统存放文件的目录，新录音落盘后自动分析。在配置文件里加上：',
    toSources: '查看接入情况',
    people: '添加同事',
    peopleHint: '为质检员、主管、坐席和甲方开通账号，限定各自能看到的范围。',
    toPeople: '去添加',
    wait: '还没有通话',
    waitHint: '录音接入并分析完成后，会按风险从高到低出现在这里。',
  },
  en: {
    title: 'No calls yet: begin here',
    hint: 'Recordings are decoded, transcribed and scored on this machine. Nothing is sent anywhere else.',
    samples: 'Load the sample calls',
    samplesHint: (n: number) =>
      `${n} made-up calls and chats in Chinese and English, with forbidden phrases, dead air and curt answers. One click, and within minutes there are verdicts and their proof.`,
    load: 'Load sample calls',
    loading: (done: number, all: number) => `Analysing: ${done} of ${all}`,
    scope: 'The sample calls are loaded by somebody who sees all calls.',
    waiting: (n: number) =>
      `${n} wait for speech models that are missing, and go on by themselves once they are there.`,
    failed: (n: number) => `${n} could not be processed: “Ingest and jobs” says why.`,
    upload: 'Upload recordings',
    uploadHint: 'Drop in recordings or chat logs: WAV, MP3, OGG, FLAC, M4A, AMR and more, mono or stereo.',
    toUpload: 'Go to upload',
    folder: 'Watch a folder',
    folderHint:
      'Let the service watch where your phone system puts its recordings; new ones are analysed by themselves. In the configuration file:',
    toSources: 'See sources',
    people: 'Invite colleagues',
    peopleHint:
      'Make accounts for reviewers, supervisors, agents and clients, and say which calls each may see.',
    toPeople: 'Add people',
    wait: 'No calls yet',
    waitHint: 'Once recordings are analysed they appear here, the riskiest first.',
  },
})

const CONFIG = `[[source]]
kind = "folder"
name = "pbx1"
path = "/var/spool/asterisk/monitor"`

export function Welcome() {
  const t = useMessages(messages)
  const can = useCan()
  const samples = useSamples(true)
  const load = useLoadSamples()
  if (!can('upload') && !can('people.write')) {
    return (
      <section className="welcome">
        <h2>{t.wait}</h2>
        <p>{t.waitHint}</p>
      </section>
    )
  }
  const state = load.data && !samples.data?.loaded ? load.data : samples.data
  return (
    <section className="welcome">
      <h2>{t.title}</h2>
      <p>{t.hint}</p>
      {load.isError && <ProblemAlert problem={load.error} />}
      {samples.isError && <ProblemAlert problem={samples.error} retry={() => samples.refetch()} />}
      <div className="welcome-ways">
        {can('upload') && state && (
          <Way icon={<CustomerServiceOutlined />} title={t.samples} hint={t.samplesHint(state.total)} first>
            <LoadSamples samples={state} pending={load.isPending} onLoad={() => load.mutate()} />
          </Way>
        )}
        {can('upload') && (
          <Way icon={<CloudUploadOutlined />} title={t.upload} hint={t.uploadHint}>
            <Link to="/ingest">{t.toUpload}</Link>
          </Way>
        )}
        {can('settings') && (
          <Way icon={<FolderOpenOutlined />} title={t.folder} hint={t.folderHint}>
            <pre>{CONFIG}</pre>
            <Link to="/ingest">{t.toSources}</Link>
          </Way>
        )}
        {can('people.write') && (
          <Way icon={<TeamOutlined />} title={t.people} hint={t.peopleHint}>
            <Link to="/admin/people">{t.toPeople}</Link>
          </Way>
        )}
      </div>
    </section>
  )
}

interface WayProps {
  icon: ReactNode
  title: string
  hint: string
  first?: boolean
  children: ReactNode
}

function Way({ icon, title, hint, first, children }: WayProps) {
  return (
    <section className="welcome-way" data-first={first}>
      <span className="welcome-icon" aria-hidden>
        {icon}
      </span>
      <h3>{title}</h3>
      <p>{hint}</p>
      {children}
    </section>
  )
}

interface LoadProps {
  samples: Samples
  pending: boolean
  onLoad: () => void
}

function LoadSamples({ samples, pending, onLoad }: LoadProps) {
  const t = useMessages(messages)
  const ended = samples.done + samples.failed
  return (
    <>
      {samples.can_load && (
        <Button type="primary" size="large" loading={pending} onClick={onLoad}>
          {t.load}
        </Button>
      )}
      {samples.why_not === 'scope' && <p>{t.scope}</p>}
      {underWay(samples) && (
        <div role="status">
          <Progress
            percent={Math.round((100 * ended) / samples.total)}
            aria-label={t.loading(ended, samples.total)}
            status="active"
          />
          {t.loading(ended, samples.total)}
        </div>
      )}
      {samples.waiting > 0 && <p>{t.waiting(samples.waiting)}</p>}
      {samples.failed > 0 && <p>{t.failed(samples.failed)}</p>}
    </>
  )
}

/** Above a list that is filling with the sample calls. */
export function SamplesProgress() {
  const t = useMessages(messages)
  const samples = useSamples(true)
  if (!samples.data || !underWay(samples.data)) return null
  const { done, failed, total } = samples.data
  return (
    <div className="inbox-samples" role="status">
      {t.loading(done + failed, total)}
      <Progress
        percent={Math.round((100 * (done + failed)) / total)}
        showInfo={false}
        size="small"
        aria-label={t.loading(done + failed, total)}
      />
    </div>
  )
}
