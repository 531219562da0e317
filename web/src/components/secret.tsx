/** A secret that is shown this once: it must be copied before the window is closed. */
import { Alert, Button, Flex, Input, type InputRef, Modal } from 'antd'
import { useRef, useState } from 'react'
import { defineMessages, useMessages } from '@/i18n'

const messages = defineMessages({
  zh: {
    once: '只显示这一次，关闭后无法再次查看。请现在复制并妥善保存。',
    copy: '复制',
    copied: '已复制',
    done: '我已保存',
  },
  en: {
    once: 'Shown this once; it cannot be seen again after you close this. Copy it now and keep it safe.',
    copy: 'Copy',
    copied: 'Copied',
    done: 'I have kept it',
  },
})

interface Props {
  title: string
  secret: string | undefined
  onClose: () => void
}

export function SecretOnce({ title, secret, onClose }: Props) {
  const t = useMessages(messages)
  const [copied, setCopied] = useState<string>()
  const field = useRef<InputRef>(null)
  const copy = async () => {
    if (secret === undefined) return
    field.current?.select()
    // Browsers give pages the clipboard over https only.
    if (navigator.clipboard) await navigator.clipboard.writeText(secret)
    else if (!document.execCommand('copy')) return
    setCopied(secret)
  }
  return (
    <Modal
      open={secret !== undefined}
      title={title}
      closable={false}
      keyboard={false}
      mask={{ closable: false }}
      footer={
        <Button type="primary" onClick={onClose}>
          {t.done}
        </Button>
      }
    >
      <Alert type="warning" showIcon title={t.once} style={{ marginBottom: 12 }} />
      <Flex gap={8}>
        <Input ref={field} readOnly value={secret} aria-label={title} />
        <Button onClick={() => void copy()}>
          {copied !== undefined && copied === secret ? t.copied : t.copy}
        </Button>
      </Flex>
    </Modal>
  )
}
