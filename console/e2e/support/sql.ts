import { Client } from 'pg'
import { stack } from './stack'

/** Runs statements as the superuser of the stack: for what no user can bring about. */
export async function sql(text: string): Promise<void> {
  const client = new Client({ connectionString: stack.admin_database_url })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}
