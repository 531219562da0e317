/** Paths and pages. Each page is loaded when it is first gone to; what filters it stands in its address. */
import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router'
import { Flex, Spin } from 'antd'
import { ProblemPage } from '@/components/problem'
import { NotFound } from './not-found'
import { Shell } from './shell'

const root = createRootRouteWithContext<{ queries: QueryClient }>()({
  component: Shell,
  notFoundComponent: NotFound,
})

/** Search parameters as they stand in the address; each page reads its own and ignores others. */
type Params = Record<string, string | undefined>
const asTexts = (search: Record<string, unknown>): Params =>
  Object.fromEntries(
    Object.entries(search).map(([key, value]) => [key, value == null ? undefined : String(value)]),
  )

const at = <P extends string>(path: P, component: ReturnType<typeof lazyRouteComponent>) =>
  createRoute({ getParentRoute: () => root, path, component, validateSearch: asTexts })

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/inbox' })
  },
})

const pages = [
  at(
    '/inbox',
    lazyRouteComponent(() => import('@/pages/inbox'), 'InboxPage'),
  ),
  at(
    '/calls/$callId',
    lazyRouteComponent(() => import('@/pages/call'), 'CallPage'),
  ),
  at(
    '/live',
    lazyRouteComponent(() => import('@/pages/live'), 'LivePage'),
  ),
  at(
    '/live/$callId',
    lazyRouteComponent(() => import('@/pages/live/one'), 'LiveCallPage'),
  ),
  at(
    '/alerts',
    lazyRouteComponent(() => import('@/pages/alerts'), 'AlertsPage'),
  ),
  at(
    '/search',
    lazyRouteComponent(() => import('@/pages/search'), 'SearchPage'),
  ),
  at(
    '/dashboards',
    lazyRouteComponent(() => import('@/pages/dashboards'), 'DashboardsPage'),
  ),
  at(
    '/coverage',
    lazyRouteComponent(() => import('@/pages/coverage'), 'CoveragePage'),
  ),
  at(
    '/agents/$agentId',
    lazyRouteComponent(() => import('@/pages/agent'), 'AgentPage'),
  ),
  at(
    '/rubrics',
    lazyRouteComponent(() => import('@/pages/rubrics'), 'RubricsPage'),
  ),
  at(
    '/rubrics/$rubricId',
    lazyRouteComponent(() => import('@/pages/rubrics/one'), 'RubricPage'),
  ),
  at(
    '/ingest',
    lazyRouteComponent(() => import('@/pages/ingest'), 'IngestPage'),
  ),
  at(
    '/admin/people',
    lazyRouteComponent(() => import('@/pages/admin/people'), 'PeoplePage'),
  ),
  at(
    '/admin/units',
    lazyRouteComponent(() => import('@/pages/admin/units'), 'UnitsPage'),
  ),
  at(
    '/admin/retention',
    lazyRouteComponent(() => import('@/pages/admin/retention'), 'RetentionPage'),
  ),
  at(
    '/admin/webhooks',
    lazyRouteComponent(() => import('@/pages/admin/webhooks'), 'WebhooksPage'),
  ),
  at(
    '/admin/audit',
    lazyRouteComponent(() => import('@/pages/admin/audit'), 'AuditPage'),
  ),
  at(
    '/account',
    lazyRouteComponent(() => import('@/pages/account'), 'AccountPage'),
  ),
] as const

export function routerOf(queries: QueryClient) {
  return createRouter({
    routeTree: root.addChildren([home, ...pages]),
    context: { queries },
    defaultPreload: 'intent',
    defaultPendingComponent: () => (
      <Flex justify="center" style={{ padding: 80 }}>
        <Spin />
      </Flex>
    ),
    defaultErrorComponent: ({ error, reset }) => (
      <ProblemPage problem={error instanceof Error ? error : new Error(String(error))} retry={reset} />
    ),
    scrollRestoration: true,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof routerOf>
  }
}
