/** A page's head: what it is, a word about it, and what can be done on it. */
import { Flex, Typography } from 'antd'
import type { ReactNode } from 'react'
import './page.css'

export function PageHead({ title, hint, extra }: { title: ReactNode; hint?: ReactNode; extra?: ReactNode }) {
  return (
    <Flex justify="space-between" align="flex-start" gap={16} wrap className="page-head">
      <div>
        <Typography.Title level={1}>{title}</Typography.Title>
        {hint && <Typography.Text type="secondary">{hint}</Typography.Text>}
      </div>
      {extra && (
        <Flex gap={8} wrap>
          {extra}
        </Flex>
      )}
    </Flex>
  )
}
