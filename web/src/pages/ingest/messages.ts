/** Texts of the ingest pages. */
import { defineMessages } from '@/i18n'

export const messages = defineMessages({
  zh: {
    title: '接入与任务',
    hint: '录音和聊天记录从哪里来，每个文件处理到了哪一步',
    upload: '上传',
    ledger: '文件台账',
    jobs: '任务',
    sources: '来源',
  },
  en: {
    title: 'Ingest and jobs',
    hint: 'Where recordings and chat logs come from, and what became of every file',
    upload: 'Upload',
    ledger: 'Ledger',
    jobs: 'Jobs',
    sources: 'Sources',
  },
})
