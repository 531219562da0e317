/** Those who use the service in tests, one a role; passwords are worth nothing outside. */
export type Role = 'administrator' | 'reviewer' | 'supervisor' | 'client' | 'auditor' | 'agent'

export interface Someone {
  login: string
  name: string
  password: string
}

export const PEOPLE: Record<Role, Someone> = {
  administrator: { login: 'admin', name: '管理员', password: 'lingting-admin-1' },
  reviewer: { login: 'rita', name: '质检员 Rita', password: 'lingting-rita-1' },
  supervisor: { login: 'sam', name: '主管 Sam', password: 'lingting-sam-1' },
  client: { login: 'nina', name: '甲方 Nina', password: 'lingting-nina-1' },
  auditor: { login: 'otto', name: '审计 Otto', password: 'lingting-otto-1' },
  agent: { login: 'ada', name: '坐席 Ada', password: 'lingting-ada-1' },
}
