/** Files are chosen, looked over, said whose they are, and sent; then each tells how far it is. */
import { InboxOutlined } from '@ant-design/icons'
import { Upload } from 'antd'
import { useEffect, useState } from 'react'
import { useMe } from '@/app/session'
import { useMessages } from '@/i18n'
import { About, useSaidFirst } from './about'
import { Chosen } from './chosen'
import type { Said } from './facts'
import { UploadList } from './list'
import { uploadMessages } from './messages'
import { pairUp } from './pairing'
import { enqueue, queueOf } from './queue'
import './upload.css'

/** One file twice is chosen once. */
const same = (a: File, b: File) => a.name === b.name && a.size === b.size && a.lastModified === b.lastModified

export function UploadTab() {
  const t = useMessages(uploadMessages)
  const me = useMe()
  const [chosen, setChosen] = useState<File[]>([])
  const [said, setSaid] = useState<Said>(useSaidFirst())
  useEffect(() => queueOf(me.person.id), [me.person.id])
  const sorted = pairUp(chosen)
  const choose = (files: File[]) =>
    setChosen((before) => [...before, ...files.filter((file) => !before.some((one) => same(one, file)))])
  return (
    <div className="upload">
      <Upload.Dragger
        multiple
        showUploadList={false}
        beforeUpload={(file, list) => {
          if (file === list.at(-1)) choose(list)
          return Upload.LIST_IGNORE
        }}
      >
        <p className="ant-upload-drag-icon">
          <InboxOutlined aria-hidden />
        </p>
        <p className="ant-upload-text">{t.drop}</p>
        <p className="ant-upload-hint">{t.dropHint}</p>
      </Upload.Dragger>
      {chosen.length > 0 && (
        <Chosen
          sorted={sorted}
          onRemove={(gone) => setChosen(chosen.filter((file) => !gone.includes(file)))}
          onClear={() => setChosen([])}
          onSend={() => {
            enqueue(sorted.pairs, said)
            setChosen([])
          }}
        >
          <About value={said} onChange={setSaid} />
        </Chosen>
      )}
      <UploadList />
    </div>
  )
}
