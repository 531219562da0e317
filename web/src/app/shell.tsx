/** Around every page: where one can go, who one is. What one may not do is not shown. */
import {
  AlertOutlined,
  AuditOutlined,
  BarChartOutlined,
  CustomerServiceOutlined,
  InboxOutlined,
  PieChartOutlined,
  SearchOutlined,
  SettingOutlined,
  SolutionOutlined,
  UploadOutlined,
  UserOutlined,
} from '@ant-design/icons'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router'
import { Avatar, Button, Dropdown, Layout, Menu } from 'antd'
import { lazy, Suspense, useEffect, useState } from 'react'
import { api } from '@/api/client'
import { useEvents } from '@/api/events'
import { Keys, useKeys } from '@/components/keys'
import { Preferences } from '@/components/preferences'
import { defineMessages, useMessages } from '@/i18n'
import { ownAgent } from './own-agent'
import { become, useCan, useMe } from './session'
import './shell.css'

const messages = defineMessages({
  zh: {
    product: '聆听',
    skip: '跳到正文',
    main: '主导航',
    inbox: '待复核',
    live: '实时监控墙',
    alerts: '告警',
    mine: '我的成绩',
    search: '检索',
    dashboards: '看板',
    coverage: '覆盖率',
    rubrics: '评分标准',
    ingest: '接入与任务',
    people: '账号与权限',
    units: '组织名称',
    retention: '保留与保全',
    webhooks: '回调',
    audit: '审计日志',
    admin: '系统管理',
    account: '我的账号',
    logOut: '退出登录',
    goInbox: '前往待复核',
    goSearch: '前往检索',
    help: '显示快捷键',
  },
  en: {
    product: 'Lingting',
    skip: 'Skip to content',
    main: 'Main',
    inbox: 'Inbox',
    live: 'Live wall',
    alerts: 'Alerts',
    mine: 'My results',
    search: 'Search',
    dashboards: 'Dashboards',
    coverage: 'Coverage',
    rubrics: 'Rubrics',
    ingest: 'Ingest and jobs',
    people: 'People and roles',
    units: 'Names',
    retention: 'Retention',
    webhooks: 'Webhooks',
    audit: 'Audit log',
    admin: 'Administration',
    account: 'My account',
    logOut: 'Log out',
    goInbox: 'Go to the inbox',
    goSearch: 'Go to search',
    help: 'Show keys',
  },
})

/** Places: path, text, icon, and the actions of which one is enough to be there. */
const PLACES = [
  ['/inbox', 'inbox', <InboxOutlined key="i" />, 'calls.read'],
  ['/live', 'live', <CustomerServiceOutlined key="i" />, 'live.read'],
  ['/alerts', 'alerts', <AlertOutlined key="i" />, 'live.read'],
  ['/search', 'search', <SearchOutlined key="i" />, 'calls.read'],
  ['/dashboards', 'dashboards', <BarChartOutlined key="i" />, 'stats.read'],
  ['/coverage', 'coverage', <PieChartOutlined key="i" />, 'ledger.read'],
  ['/rubrics', 'rubrics', <AuditOutlined key="i" />, 'rubrics.read'],
  ['/ingest', 'ingest', <UploadOutlined key="i" />, 'upload', 'ledger.read'],
] as const
const ADMIN = [
  ['/admin/people', 'people', 'people.read'],
  ['/admin/units', 'units', 'units.write'],
  ['/admin/retention', 'retention', 'retention'],
  ['/admin/webhooks', 'webhooks', 'webhooks.read'],
  ['/admin/audit', 'audit', 'audit.read'],
] as const

function usePlaces() {
  const t = useMessages(messages)
  const can = useCan()
  const own = ownAgent(useMe())
  const items = PLACES.filter(([, , , ...actions]) => actions.some(can)).map(([path, text, icon]) => ({
    key: path as string,
    icon,
    label: <Link to={path}>{t[text]}</Link>,
  }))
  if (own) {
    items.splice(1, 0, {
      key: '/agents',
      icon: <SolutionOutlined />,
      label: (
        <Link to="/agents/$agentId" params={{ agentId: 'me' }}>
          {t.mine}
        </Link>
      ),
    })
  }
  const admin = ADMIN.filter(([, , action]) => can(action)).map(([path, text]) => ({
    key: path as string,
    label: <Link to={path}>{t[text]}</Link>,
  }))
  if (admin.length === 0) return items
  return [...items, { key: 'admin', icon: <SettingOutlined />, label: t.admin, children: admin }]
}

export function Shell() {
  const t = useMessages(messages)
  const path = useRouterState({ select: (state) => state.location.pathname })
  const [folded, setFolded] = useState(() => window.innerWidth < 1100)
  const places = usePlaces()
  const here = `/${path.split('/')[1]}`
  const selected = here === '/admin' ? path : here === '/calls' ? '/inbox' : here
  useEvents()
  return (
    <Layout className="shell" hasSider>
      <a className="skip-link" href="#main">
        {t.skip}
      </a>
      <Layout.Sider
        theme="light"
        width={208}
        collapsedWidth={64}
        collapsible
        collapsed={folded}
        onCollapse={setFolded}
        breakpoint="lg"
        className="shell-side"
      >
        <Link to="/inbox" className="shell-brand" aria-label={t.product}>
          <img src="/icon.svg" alt="" width={28} height={28} />
          {!folded && <span>{t.product}</span>}
        </Link>
        <nav aria-label={t.main}>
          <Menu
            mode="inline"
            selectedKeys={[selected]}
            // Folded, it would open over the page.
            defaultOpenKeys={here === '/admin' && !folded ? ['admin'] : []}
            items={places}
          />
        </nav>
      </Layout.Sider>
      <Layout>
        <Layout.Header className="shell-header">
          <Bell />
          <Keys />
          <Preferences />
          <Account />
        </Layout.Header>
        <Layout.Content id="main" className="shell-content" tabIndex={-1} role="main">
          <Outlet />
        </Layout.Content>
      </Layout>
      <Going />
    </Layout>
  )
}

const AlertBell = lazy(() => import('@/components/alerts/bell').then((all) => ({ default: all.AlertBell })))

/** Loaded for those only whom alerts concern. */
function Bell() {
  const can = useCan()
  if (!can('alerts.settle')) return null
  return (
    <Suspense>
      <AlertBell />
    </Suspense>
  )
}

/** Keys that work on every page. */
function Going() {
  const t = useMessages(messages)
  const navigate = useNavigate()
  useKeys('shell', [
    { keys: 'g i', does: t.goInbox, run: () => navigate({ to: '/inbox' }) },
    { keys: 'g s', does: t.goSearch, run: () => navigate({ to: '/search' }) },
  ])
  return null
}

function Account() {
  const t = useMessages(messages)
  const me = useMe()
  const client = useQueryClient()
  const logOut = useMutation({
    mutationFn: () => api.DELETE('/api/v1/session'),
    onSettled: () => become(client, null),
  })
  useEffect(() => {
    document.title = `${t.product} · ${me.person.name}`
  }, [t.product, me.person.name])
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        items: [
          { key: 'account', label: <Link to="/account">{t.account}</Link> },
          { key: 'out', label: t.logOut, onClick: () => logOut.mutate() },
        ],
      }}
    >
      <Button type="text" className="shell-account">
        <Avatar size={24} icon={<UserOutlined />} /> {me.person.name}
      </Button>
    </Dropdown>
  )
}
