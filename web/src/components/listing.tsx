/** A list that comes in pages: its rows, or what went wrong, or what to do where there are none. */
import { keepPreviousData, type QueryKey, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { Empty, Table, type TableProps } from 'antd'
import type { ReactNode } from 'react'
import { Pager, type Pages, usePages } from './pager'
import { ProblemAlert } from './problem'

interface Page<Row> {
  items: Row[]
  next?: string | null
}

/** What is listed, a page at a time; `of` names the list: another one begins at its first page. */
export function useListing<Row>(
  of: QueryKey,
  ask: (cursor: string | undefined) => Promise<Page<Row>>,
  refetchInterval?: number | ((rows: Row[]) => number | false),
) {
  const pages = usePages(JSON.stringify(of))
  const list = useQuery({
    queryKey: [...of, pages.cursor],
    queryFn: () => ask(pages.cursor),
    placeholderData: keepPreviousData,
    refetchInterval:
      typeof refetchInterval === 'function'
        ? ({ state }) => refetchInterval(state.data?.items ?? [])
        : refetchInterval,
  })
  return { list, pages }
}

interface Props<Row> extends Pick<TableProps<Row>, 'columns' | 'size' | 'expandable' | 'rowKey'> {
  list: UseQueryResult<Page<Row>>
  pages?: Pages
  /** Narrower than this, in px, it scrolls sideways; without it, never. */
  width?: number
  empty: ReactNode
  /** Says that it is empty without much ado. */
  plain?: boolean
}

export function Listing<Row extends object>({ list, pages, width, empty, plain, ...table }: Props<Row>) {
  if (list.isError) return <ProblemAlert problem={list.error} retry={() => list.refetch()} />
  const image = plain && { image: Empty.PRESENTED_IMAGE_SIMPLE }
  return (
    <>
      <Table<Row>
        rowKey="id"
        size="middle"
        {...table}
        loading={list.isPending}
        dataSource={list.data?.items ?? []}
        pagination={false}
        scroll={width === undefined ? {} : { x: width }}
        locale={{ emptyText: <Empty {...image} description={empty} /> }}
      />
      {pages && <Pager pages={pages} next={list.data?.next} />}
    </>
  )
}
