/** What will be sent, and what will not and why. */
import { CloseOutlined, FileOutlined, LinkOutlined } from '@ant-design/icons'
import { Alert, Button, Card, Flex, Tag } from 'antd'
import type { ReactNode } from 'react'
import { useLocale, useMessages } from '@/i18n'
import { uploadMessages } from './messages'
import type { Pair, Sorted } from './pairing'

/** More are counted, not listed. */
const SHOWN_MAX = 100

interface Props {
  sorted: Sorted
  children: ReactNode
  onRemove: (files: File[]) => void
  onClear: () => void
  onSend: () => void
}

export function Chosen({ sorted, children, onRemove, onClear, onSend }: Props) {
  const t = useMessages(uploadMessages)
  const { format } = useLocale()
  const { pairs, refused, twins } = sorted
  const size = pairs.reduce((sum, { file }) => sum + file.size, 0)
  return (
    <Card
      size="small"
      title={t.chosen(pairs.length, format.bytes(size))}
      extra={
        <Button type="text" onClick={onClear}>
          {t.clear}
        </Button>
      }
    >
      <ul className="upload-chosen">
        {pairs.slice(0, SHOWN_MAX).map((pair) => (
          <ChosenFile key={keyOf(pair.file)} pair={pair} onRemove={onRemove} />
        ))}
        {pairs.length > SHOWN_MAX && <li>+ {format.number(pairs.length - SHOWN_MAX)}</li>}
      </ul>
      {refused.length > 0 && (
        <Alert
          type="warning"
          showIcon
          className="upload-refused"
          title={t.refused(refused.length)}
          description={refused.slice(0, SHOWN_MAX).map(({ file, why }) => (
            <div key={keyOf(file)}>
              {file.name}: {t[why]}
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
              {twins.slice(0, SHOWN_MAX).map(([one, other]) => (
                <div key={one + other}>
                  {one} + {other}
                </div>
              ))}
              {t.twinsHint}
            </>
          }
        />
      )}
      {children}
      <Flex justify="flex-end">
        <Button type="primary" disabled={pairs.length === 0} onClick={onSend}>
          {t.send(pairs.length)}
        </Button>
      </Flex>
    </Card>
  )
}

const keyOf = (file: File) => `${file.name}/${file.size}/${file.lastModified}`

function ChosenFile({ pair, onRemove }: { pair: Pair; onRemove: (files: File[]) => void }) {
  const t = useMessages(uploadMessages)
  const { format } = useLocale()
  const { file, sidecar } = pair
  return (
    <li>
      <FileOutlined aria-hidden />
      <span className="upload-name">{file.name}</span>
      {sidecar && (
        <Tag icon={<LinkOutlined />} title={sidecar.name}>
          {t.withSidecar}
        </Tag>
      )}
      <span className="upload-size">{format.bytes(file.size)}</span>
      <Button
        type="text"
        size="small"
        icon={<CloseOutlined />}
        aria-label={t.remove(file.name)}
        onClick={() => onRemove([file])}
      />
    </li>
  )
}
