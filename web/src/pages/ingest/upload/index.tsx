/** Files are chosen, looked over, said whose they are, and sent; then each tells how far it is. */
import { InboxOutlined } from '@ant-design/icons'
import { Upload } from 'antd'
import { useEffect, useState } from 'react'
import { useMe } from '@/app/session'
import { useMessages } from '@/i18n'
import { About, useSaidFirst } from './about'
import { Chosen } from './chosen'
import { filesNamed, type Said } from './facts'
import { UploadList } from './list'
import { uploadMessages } from './messages'
import { pairKey, pairUp } from './pairing'
import { enqueue, queueOf } from './queue'
import './upload.css'

/** One file twice is chosen once. */
const same = (a: File, b: File) => a.name === b.name && a.size === b.size && a.lastModified === b.lastModified

/** What a sidecar may weigh, as its description says; what weighs more is told when it is sent. */
const SIDECAR_BYTES_MAX = 1024 ** 2

/** What sidecars among some files name as their calls' files. */
async function namesIn(files: File[]): Promise<[File, string[]][]> {
  const sidecars = files.filter(({ name, size }) => /\.call\.json$/i.test(name) && size <= SIDECAR_BYTES_MAX)
  const read = async (file: File): Promise<[File, string[]]> => [file, filesNamed(await file.text())]
  return (await Promise.all(sidecars.map(read))).filter(([, names]) => names.length > 0)
}

export function UploadTab() {
  const t = useMessages(uploadMessages)
  const me = useMe()
  const [chosen, setChosen] = useState<File[]>([])
  const [said, setSaid] = useState<Said>(useSaidFirst())
  useEffect(() => queueOf(me.person.id), [me.person.id])
  const [named, setNamed] = useState<ReadonlyMap<File, string[]>>(new Map())
  const [decided, setDecided] = useState<Record<string, boolean>>({})
  const sorted = pairUp(chosen, { named, decided })
  const choose = async (files: File[]) => {
    const names = await namesIn(files)
    setNamed((before) => new Map([...before, ...names]))
    setChosen((before) => [...before, ...files.filter((file) => !before.some((one) => same(one, file)))])
  }
  const clear = () => {
    setChosen([])
    setNamed(new Map())
    setDecided({})
  }
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
      {chosen.length > 0 && (
        <Chosen
          sorted={sorted}
          onRemove={(gone) => setChosen(chosen.filter((file) => !gone.includes(file)))}
          onDecide={(names, one) => setDecided({ ...decided, [pairKey(names)]: one })}
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
