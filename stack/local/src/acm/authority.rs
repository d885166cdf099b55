//! The authority that signs certificates: one per local cloud, made when it is first needed.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::{Acm, Issued, LIFE_DAYS};
use crate::records::Record;
use crate::wire::ServiceError;

const KIND: &str = "Authority";

/// The record's region: there is one authority for all.
const EVERYWHERE: &str = "-";

/// What the authority calls itself, and browsers show.
const NAME: &str = "stack local cloud";

fn failed(error: impl std::fmt::Display) -> ServiceError {
    ServiceError::internal(format!("a certificate cannot be made: {error}"))
}

fn authority_params() -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, NAME);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

impl Acm {
    /// The authority's certificate and key, in PEM.
    fn authority(&self) -> Result<(String, String), ServiceError> {
        let read = |record: &Record| (record.attribute("Certificate").to_owned(), record.attribute("Key").to_owned());
        if let Some(record) = self.records.get(EVERYWHERE, KIND, KIND) {
            return Ok(read(&record));
        }
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = authority_params().and_then(|params| params.self_signed(&key)).map_err(failed)?;
        self.records.change(|table| {
            // Somebody else may have been faster.
            if let Some(record) = table.get(EVERYWHERE, KIND, KIND) {
                return Ok(read(record));
            }
            let record = Record::new(KIND, KIND, EVERYWHERE, &Value::Null)
                .with("Certificate", certificate.pem())
                .with("Key", key.serialize_pem());
            let pair = read(&record);
            table.put(record);
            Ok(pair)
        })
    }

    /// Signs a certificate for these names; the first is the subject. Addresses may be among them.
    ///
    /// # Errors
    /// A name that no certificate can have.
    pub(crate) fn issue(&self, names: &[String]) -> Result<Issued, ServiceError> {
        let (chain, authority_key) = self.authority()?;
        let key = KeyPair::from_pem(&authority_key).map_err(failed)?;
        let issuer = Issuer::new(authority_params().map_err(failed)?, key);
        let mut params = CertificateParams::new(names.to_vec()).map_err(failed)?;
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, names.first().map_or(NAME, String::as_str));
        params.not_before = OffsetDateTime::now_utc() - Duration::days(1);
        params.not_after = params.not_before + Duration::days(LIFE_DAYS);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let own = KeyPair::generate().map_err(failed)?;
        let certificate = params.signed_by(&own, &issuer).map_err(failed)?;
        Ok(Issued { certificate: certificate.pem(), chain, key: own.serialize_pem() })
    }

    /// When a certificate that was issued at this time (milliseconds since 1970) begins and ends, likewise.
    pub(super) fn validity(issued: i64) -> (i64, i64) {
        const DAY: i64 = 86_400_000;
        (issued - DAY, issued + (LIFE_DAYS - 1) * DAY)
    }

    /// What the authority is called in answers.
    pub(super) fn issuer_name() -> Value {
        json!(NAME)
    }
}
