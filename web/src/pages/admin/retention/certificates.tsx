/** What was deleted, and what proves it. */
import { DownloadOutlined } from '@ant-design/icons'
import { Button, Descriptions, Input, type TableProps } from 'antd'
import { api, data, type Schemas } from '@/api/client'
import { useAddress } from '@/components/address'
import { Listing, useListing } from '@/components/listing'
import { saveFile } from '@/components/save-file'
import { useLocale, useMessages } from '@/i18n'
import { messages } from './messages'
import { useGoes } from './rules'

type Certificate = Schemas['DeletionCertificate']

export function CertificatesTab() {
  const t = useMessages(messages)
  const [{ call }, go] = useAddress()
  const { list, pages } = useListing(['retention', 'certificates', call], (cursor) =>
    data(api.GET('/api/v1/retention/certificates', { params: { query: { call_id: call, cursor } } })),
  )
  const columns = useColumns()
  return (
    <>
      <Input.Search
        key={call}
        allowClear
        defaultValue={call}
        placeholder={t.findCall}
        aria-label={t.findCall}
        onSearch={(call) => go({ call: call.trim() })}
        style={{ maxWidth: 400, marginBottom: 12 }}
      />
      <Listing
        list={list}
        pages={pages}
        columns={columns}
        width={760}
        empty={t.noCertificates}
        expandable={{ expandedRowRender: (certificate) => <Proof certificate={certificate} /> }}
      />
    </>
  )
}

function useColumns(): TableProps<Certificate>['columns'] {
  const t = useMessages(messages)
  const { format } = useLocale()
  const goes = useGoes()
  return [
    { title: t.call, render: (_, { call_id }) => <span className="row-long">{call_id}</span> },
    { title: t.goes, render: (_, certificate) => goes(certificate.goes) },
    { title: t.rule, dataIndex: 'rule_name' },
    { title: t.begun, width: 150, render: (_, { begun }) => format.dateTime(begun) },
    { title: t.done, width: 190, render: (_, { done }) => (done ? format.dateTime(done) : t.notDone) },
  ]
}

function download(certificate: Certificate) {
  saveFile(`deletion-${certificate.id}.json`, JSON.stringify(certificate, null, 2), 'application/json')
}

function Proof({ certificate }: { certificate: Certificate }) {
  const t = useMessages(messages)
  const { id, sha256, report_sha256, blobs, shared } = certificate
  const files = (names: string[]) => (
    <ul className="row-list retention-hash">
      {names.map((name) => (
        <li key={name}>{name}</li>
      ))}
    </ul>
  )
  return (
    <>
      <Descriptions
        column={1}
        size="small"
        items={[
          { label: t.number, children: id },
          { label: t.sha256, children: <span className="retention-hash">{sha256}</span> },
          ...(report_sha256
            ? [{ label: t.report, children: <span className="retention-hash">{report_sha256}</span> }]
            : []),
          { label: t.blobs, children: files(blobs) },
          ...(shared.length > 0 ? [{ label: t.shared, children: files(shared) }] : []),
        ]}
      />
      <Button size="small" icon={<DownloadOutlined />} onClick={() => download(certificate)}>
        {t.download}
      </Button>
    </>
  )
}
