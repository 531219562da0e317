/** Files are chosen, looked over, said whose they are, and sent; then each tells how far it is. */
import { InboxOutlined } from '@ant-design/icons'
import { Upload } from 'antd'
import { useEffect, useMemo, useState } from 'react'
import { useMe } from '@/app/session'
import { useMessages } from '@/i18n'
import { About, useSaidFirst } from './about'
import { added, decidedOn, NOTHING, readOf, without } from './choice'
import { Chosen } from './chosen'
import type { Said } from './facts'
import { UploadList } from './list'
import { uploadMessages } from './messages'
import { pairUp } from './pairing'
import { enqueue, queueOf } from './queue'
import './upload.css'

export function UploadTab() {
  const t = useMessages(uploadMessages)
  const me = useMe()
  const [choice, setChoice] = useState(NOTHING)
  const [said, setSaid] = useState<Said>(useSaidFirst())
  useEffect(() => queueOf(me.person.id), [me.person.id])
  const sorted = useMemo(() => pairUp(choice.files, choice), [choice])
  const choose = async (files: File[]) => {
    const read = await readOf(files)
    setChoice((before) => added(before, files, read))
  }
  const clear = () => setChoice(NOTHING)
  return (
    <div className="upload">
      <Upload.Dragger
        multiple
        showUploadList={false}
        beforeUpload={(file, list) => {
          if (file === list.at(-1)) void choose(list)
          return Upload.LIST_IGNORE
        }}
      >
        <p className="ant-upload-drag-icon">
          <InboxOutlined aria-hidden />
        </p>
        <p className="ant-upload-text">{t.drop}</p>
        <p className="ant-upload-hint">{t.dropHint}</p>
      </Upload.Dragger>
      {choice.files.length > 0 && (
        <Chosen
          sorted={sorted}
          onRemove={(files) => setChoice(without(choice, files))}
          onDecide={(files, one) => setChoice(decidedOn(choice, files, one))}
          onClear={clear}
          onSend={() => {
            enqueue(sorted.calls, said)
            clear()
          }}
        >
          <About value={said} onChange={setSaid} />
        </Chosen>
      )}
      <UploadList />
    </div>
  )
}
