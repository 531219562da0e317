import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Problem } from '@/api/client'
import { AppearanceProvider } from '@/app/appearance'
import { Gate } from '@/app/gate'
import { routerOf } from '@/app/router'
import { LocaleProvider } from '@/i18n'
import './app/global.css'

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      // What was refused will be refused again; what did not answer may.
      retry: (failures, error) => error instanceof Problem && error.status === 0 && failures < 3,
      refetchOnWindowFocus: false,
    },
  },
})
const router = routerOf(queries)

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <LocaleProvider>
        <AppearanceProvider>
          <Gate>
            <RouterProvider router={router} />
          </Gate>
        </AppearanceProvider>
      </LocaleProvider>
    </QueryClientProvider>
  </StrictMode>,
)
