/** The service as `send` asks it. */
import { api, data } from '@/api/client'
import type { Files, Wire } from './send'

const BYTES = { 'Content-Type': 'application/octet-stream' }
/** The description says what kind of body it is, not that a browser has it as a file. */
const asBody = (bytes: Blob) => ({ body: bytes as never, bodySerializer: () => bytes, headers: BYTES })
/** The two files of a call; the browser says where one ends. */
function asForm(files: Files, { facts }: { facts?: string }) {
  const form = new FormData()
  if (facts) form.append('facts', facts)
  for (const file of files) form.append('file', file, file.name)
  return { body: form as never, bodySerializer: () => form }
}

export const wire: Wire = {
  whole: async (files, facts, signal) => {
    const [file, other] = files
    const said: { facts?: string } = facts ? { facts: JSON.stringify(facts) } : {}
    const accepted = await data(
      api.POST('/api/v1/recordings', {
        ...(other
          ? asForm(files, said)
          : { params: { query: { name: file.name, ...said } }, ...asBody(file) }),
        signal,
      }),
    )
    return accepted.entry
  },
  announce: ([file, other], facts, signal) =>
    data(
      api.POST('/api/v1/uploads', {
        body: {
          name: file.name,
          size: file.size,
          ...(other ? { other: { name: other.name, size: other.size } } : {}),
          ...(facts ? { facts: facts as never } : {}),
        },
        signal,
      }),
    ),
  state: (id, signal) =>
    data(api.GET('/api/v1/uploads/{upload_id}', { params: { path: { upload_id: id } }, signal })),
  append: (id, offset, piece, signal) =>
    data(
      api.PATCH('/api/v1/uploads/{upload_id}', {
        params: { path: { upload_id: id }, header: { 'Upload-Offset': offset } },
        ...asBody(piece),
        signal,
      }),
    ),
}

/** Forgets what came of an upload that nobody will end. */
export async function abandon(id: string): Promise<void> {
  await api.DELETE('/api/v1/uploads/{upload_id}', { params: { path: { upload_id: id } } })
}
