/** Every file that was ever seen: how many are in which state, and a list of them. */
import { LedgerEntryDrawer } from './entry'
import { LedgerList } from './list'
import { Totals } from './sums'

export function LedgerTab() {
  return (
    <>
      <Totals />
      <LedgerList />
      <LedgerEntryDrawer />
    </>
  )
}
