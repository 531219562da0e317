/** What will be sent, and what will not and why. */
import { CloseOutlined, FileOutlined, LinkOutlined } from '@ant-design/icons'
import { Alert, Button, Card, Flex, Tag } from 'antd'
import type { ReactNode } from 'react'
import { useLocale, useMessages } from '@/i18n'
import { uploadMessages } from './messages'
import { keyOf } from './names'
import { type Call, type Sorted, sizeOf } from './pairing'

/** More are counted, not listed. */
const SHOWN_MAX = 100

interface Props {
  sorted: Sorted
  children: ReactNode
  onRemove: (files: File[]) => void
  /** Whether these files are one call. */
  onDecide: (files: readonly File[], one: boolean) => void
  onClear: () => void
  onSend: () => void
}

export function Chosen({ sorted, children, onRemove, onDecide, onClear, onSend }: Props) {
  const t = useMessages(uploadMessages)
  const { format } = useLocale()
  const { calls, refused, twins } = sorted
  const files = calls.flatMap((call) => call.files)
  return (
    <Card
      size="small"
      title={t.chosen(files.length, format.bytes(sizeOf(files)))}
      extra={
        <Button type="text" onClick={onClear}>
          {t.clear}
        </Button>
      }
    >
      <ul className="upload-chosen">
        {calls.slice(0, SHOWN_MAX).map((call) => (
          <ChosenCall key={keyOf(call.files[0])} call={call} onRemove={onRemove} onDecide={onDecide} />
        ))}
        {calls.length > SHOWN_MAX && <li>+ {format.number(calls.length - SHOWN_MAX)}</li>}
      </ul>
      {refused.length > 0 && (
        <Alert
          type="warning"
          showIcon
          className="upload-refused"
          title={t.refused(refused.length)}
          description={refused.slice(0, SHOWN_MAX).map(({ file, why }) => (
            <div key={keyOf(file)}>
              {pathOf(file)}: {t[why]}
            </div>
          ))}
        />
      )}
      {twins.length > 0 && (
        <Alert
          type="warning"
          showIcon
          className="upload-refused"
          title={t.twins(twins.length)}
          description={
            <>
              {twins.slice(0, SHOWN_MAX).map((twin) => (
                <Twin key={twin.map(keyOf).join()} twin={twin} onDecide={onDecide} />
              ))}
              {t.twinsHint}
            </>
          }
        />
      )}
      {children}
      <Flex justify="flex-end">
        <Button type="primary" disabled={files.length === 0} onClick={onSend}>
          {t.send(files.length)}
        </Button>
      </Flex>
    </Card>
  )
}

/** Numbers that begin anew in each folder tell calls apart with it only. */
const pathOf = (file: File) => file.webkitRelativePath || file.name
const pathsOf = (files: readonly File[]) => files.map(pathOf).join(' + ')

/** Of files of one name, the time tells which is which. */
function Twin({ twin, onDecide }: { twin: [File, File] } & Pick<Props, 'onDecide'>) {
  const t = useMessages(uploadMessages)
  const { format } = useLocale()
  const name = pathsOf(twin)
  const times = new Set(twin.map(({ lastModified }) => format.dateTime(new Date(lastModified).toISOString())))
  return (
    <Flex gap={8} align="center">
      <span className="upload-name">{name}</span>
      <span className="upload-state">{[...times].join(' / ')}</span>
      <Button size="small" aria-label={`${t.join}: ${name}`} onClick={() => onDecide(twin, true)}>
        {t.join}
      </Button>
    </Flex>
  )
}

function ChosenCall({ call, onRemove, onDecide }: { call: Call } & Pick<Props, 'onRemove' | 'onDecide'>) {
  const t = useMessages(uploadMessages)
  const { format } = useLocale()
  const { files, sidecar, parts } = call
  const name = pathsOf(files)
  return (
    <li>
      <FileOutlined aria-hidden />
      <span className="upload-name">{name}</span>
      {files.length > 1 && <Tag>{t.oneCall}</Tag>}
      {sidecar && (
        <Tag icon={<LinkOutlined />} title={sidecar.name}>
          {t.withSidecar}
        </Tag>
      )}
      <span className="upload-size">{format.bytes(sizeOf(files))}</span>
      {parts && (
        <Button
          type="text"
          size="small"
          aria-label={`${t.apart}: ${name}`}
          onClick={() => onDecide(files, false)}
        >
          {t.apart}
        </Button>
      )}
      <Button
        type="text"
        size="small"
        icon={<CloseOutlined />}
        aria-label={t.remove(name)}
        onClick={() => onRemove(files)}
      />
    </li>
  )
}
