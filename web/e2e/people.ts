/** Those who use the service in tests, one a role; passwords are worth nothing outside. */
export type Role = 'administrator' | 'reviewer' | 'supervisor' | 'client' | 'auditor' | 'agent'

export interface Someone {
  login: string
  name: string
  password: string
}

export const PEOPLE: Record<Role, Someone> = {
  administrator: { login: 'admin', name: '管理员', password: 'quiet-lantern-42' },
  reviewer: { login: 'rita', name: '质检员 Rita', password: 'quiet-lantern-42' },
  supervisor: { login: 'sam', name: '主管 Sam', password: 'quiet-lantern-42' },
  client: { login: 'nina', name: '甲方 Nina', password: 'quiet-lantern-42' },
  auditor: { login: 'otto', name: '审计 Otto', password: 'quiet-lantern-42' },
  agent: { login: 'ada', name: '坐席 Ada', password: 'quiet-lantern-42' },
}
