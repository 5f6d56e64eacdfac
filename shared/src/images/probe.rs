use bytes::Bytes;
use object_store::ObjectStoreExt;
use uuid::Uuid;

use super::{ImageStore, ImageStoreError, Operation, StoreFault, key, limit::within};

impl ImageStore {
    /// Whether the store can keep images: writes a small object, reads it back and deletes it,
    /// within [`super::TimeLimits::probe`]. Each process has one such object of its own, so a probe
    /// that is cut short leaves nothing that piles up; probes of one store wait for each other.
    pub async fn probe(&self) -> Result<(), ImageStoreError> {
        let failed = |error: object_store::Error| ImageStoreError::failed(Operation::Probe, &error);
        let key = key::probe(self.process);
        let written = Bytes::copy_from_slice(Uuid::now_v7().as_bytes());

        within(Operation::Probe, self.limits.probe, async {
            let _alone = self.probing.lock().await;
            self.must_be_mounted(Operation::Probe).await?;
            self.objects.put(&key, written.clone().into()).await.map_err(failed)?;
            let read = self.objects.get(&key).await.map_err(failed)?;
            let read = read.bytes().await.map_err(failed)?;
            self.objects.delete(&key).await.map_err(failed)?;
            if read == written {
                Ok(())
            } else {
                let fault = StoreFault::NotWhatWasWritten;
                Err(ImageStoreError::Failed { operation: Operation::Probe, fault })
            }
        })
        .await
    }
}
