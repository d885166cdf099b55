//! Request bodies: written to the store while their digests are computed and compared with what the client said.

use futures::StreamExt as _;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256};
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3ErrorCode, S3Result, TrailingHeaders, dto};

use super::errors::{custom, invalid_request};
use super::store::{Checksum, NewBlob, Store};

/// Greatest object that one request may carry, as in AWS: 5 GiB.
const BODY_LIMIT: u64 = 5 * 1024 * 1024 * 1024;

/// What a client says about a body.
#[derive(Debug, Default)]
pub(in crate::s3) struct Expected {
    pub(in crate::s3) content_length: Option<i64>,
    /// Base64.
    pub(in crate::s3) content_md5: Option<String>,
    /// Algorithm named by `x-amz-sdk-checksum-algorithm` or the upload.
    pub(in crate::s3) algorithm: Option<String>,
    /// Algorithm and base64 value sent ahead of the body.
    pub(in crate::s3) checksum: Option<(&'static str, String)>,
    /// Algorithm whose value follows the body.
    pub(in crate::s3) trailer: Option<&'static str>,
    pub(in crate::s3) trailing_headers: Option<TrailingHeaders>,
}

/// A body that is in the store, with nothing referring to it yet.
#[derive(Debug)]
pub(in crate::s3) struct Received {
    pub(in crate::s3) blob: NewBlob,
    /// MD5 in hexadecimal digits.
    pub(in crate::s3) etag: String,
    pub(in crate::s3) checksum: Checksum,
}

/// The algorithms, and the header that carries each.
pub(in crate::s3) const ALGORITHMS: [(&str, &str); 5] = [
    ("CRC32", "x-amz-checksum-crc32"),
    ("CRC32C", "x-amz-checksum-crc32c"),
    ("CRC64NVME", "x-amz-checksum-crc64nvme"),
    ("SHA1", "x-amz-checksum-sha1"),
    ("SHA256", "x-amz-checksum-sha256"),
];

/// The algorithm that a header name stands for.
pub(in crate::s3) fn algorithm_of_header(name: &str) -> Option<&'static str> {
    ALGORITHMS.iter().find(|(_, header)| header.eq_ignore_ascii_case(name.trim())).map(|(algorithm, _)| *algorithm)
}

/// A hasher of one algorithm.
pub(in crate::s3) fn hasher(algorithm: &str) -> S3Result<ChecksumHasher> {
    let mut hasher = ChecksumHasher::default();
    match algorithm {
        "CRC32" => hasher.crc32 = Some(Crc32::new()),
        "CRC32C" => hasher.crc32c = Some(Crc32c::new()),
        "CRC64NVME" => hasher.crc64nvme = Some(Crc64Nvme::new()),
        "SHA1" => hasher.sha1 = Some(Sha1::new()),
        "SHA256" => hasher.sha256 = Some(Sha256::new()),
        other => {
            return Err(invalid_request(format!(
                "Checksum algorithm provided is unsupported: `{other}`. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"
            )));
        }
    }
    Ok(hasher)
}

/// The value that a hasher of one algorithm ends with.
pub(in crate::s3) fn finalize(hasher: ChecksumHasher) -> String {
    let dto::Checksum { checksum_crc32, checksum_crc32c, checksum_crc64nvme, checksum_sha1, checksum_sha256, .. } =
        hasher.finalize();
    checksum_crc32.or(checksum_crc32c).or(checksum_crc64nvme).or(checksum_sha1).or(checksum_sha256).unwrap_or_default()
}

/// Writes a body into the store. Nothing stays of one that does not match what the client said.
pub(in crate::s3) async fn receive(
    store: &Store,
    body: Option<StreamingBlob>,
    expected: Expected,
) -> S3Result<Received> {
    let too_large =
        || S3Error::with_message(S3ErrorCode::EntityTooLarge, "Your proposed upload exceeds the maximum allowed size");
    let announced = expected.content_length.and_then(|length| u64::try_from(length).ok());
    if announced.is_some_and(|length| length > BODY_LIMIT) {
        return Err(too_large());
    }
    let named = expected.checksum.as_ref().map(|(algorithm, _)| (*algorithm).to_owned());
    let algorithm = named
        .or_else(|| expected.trailer.map(str::to_owned))
        .or(expected.algorithm)
        .unwrap_or_else(|| "CRC64NVME".to_owned());
    let mut checksum = hasher(&algorithm)?;
    let mut md5 = Md5::new();
    let mut writer = store.writer();
    let mut size = 0_u64;
    if let Some(mut body) = body {
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|error| body_error(error.as_ref()))?;
            size += chunk.len() as u64;
            if size > BODY_LIMIT {
                return Err(too_large());
            }
            md5.update(&chunk);
            checksum.update(&chunk);
            writer.write(&chunk).await?;
        }
    }
    if announced.is_some_and(|length| length != size) {
        return Err(incomplete());
    }
    let md5 = md5.finalize();
    if let Some(sent) = expected.content_md5 {
        check_md5(&sent, md5.as_ref())?;
    }
    let value = finalize(checksum);
    let trailing = expected.trailer.and_then(|trailer| {
        let (_, header) = ALGORITHMS.iter().find(|(name, _)| *name == trailer)?;
        expected.trailing_headers.as_ref()?.read(|headers| {
            headers.get(*header).and_then(|value| value.to_str().ok()).map(|value| value.trim().to_owned())
        })?
    });
    for sent in [expected.checksum.map(|(_, sent)| sent), trailing].into_iter().flatten() {
        if sent != value {
            return Err(S3Error::with_message(
                S3ErrorCode::BadDigest,
                format!("The {algorithm} you specified did not match the calculated checksum."),
            ));
        }
    }
    Ok(Received {
        blob: writer.finish().await?,
        etag: hex::encode(md5),
        checksum: Checksum { algorithm, value, kind: "FULL_OBJECT".to_owned() },
    })
}

fn check_md5(sent: &str, computed: &[u8]) -> S3Result<()> {
    use base64::Engine as _;
    let decoded = base64::engine::general_purpose::STANDARD.decode(sent).ok().filter(|bytes| bytes.len() == 16);
    match decoded {
        None => Err(S3Error::with_message(S3ErrorCode::InvalidDigest, "The Content-MD5 you specified was invalid.")),
        Some(decoded) if decoded == computed => Ok(()),
        Some(_) => Err(S3Error::with_message(
            S3ErrorCode::BadDigest,
            "The Content-MD5 you specified did not match what we received.",
        )),
    }
}

fn incomplete() -> S3Error {
    S3Error::with_message(
        S3ErrorCode::IncompleteBody,
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
    )
}

/// The refusal for a body that broke off. The protocol library names its own failures in text only.
fn body_error(error: &(dyn std::error::Error + 'static)) -> S3Error {
    let text = error.to_string();
    if text.contains("Sha256Mismatch") {
        custom(
            http::StatusCode::BAD_REQUEST,
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        )
    } else if text.contains("SignatureMismatch") {
        S3Error::with_message(
            S3ErrorCode::SignatureDoesNotMatch,
            "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
        )
    } else {
        incomplete()
    }
}
