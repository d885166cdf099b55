//! The API of Route 53: REST-XML under `/2013-04-01/`.

use std::sync::Arc;

use http::{HeaderValue, Method, StatusCode, header};
use serde_json::Value;

use super::names::{key, key_of, reversed, text};
use super::xml::{
    ChangeRecordSets, ChangeTags, CreateHostedZone, UpdateComment, parse, write_delegation, write_record_set,
    write_zone,
};
use super::{RecordSet, Zone, absolute};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response, respond};
use crate::iam::{Access, Principal};
use crate::records::iso_time;
use crate::wire::{CONTROL_BODY_LIMIT, Protocol, ServiceError, XmlWriter, form_decode, percent_decode, read_body};

const NAMESPACE: &str = "https://route53.amazonaws.com/doc/2013-04-01/";

/// Entries of a page.
const PAGE: usize = 300;

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let caller = Principal::of(&request);
    answer(cloud, &caller, request).await.unwrap_or_else(|error| Protocol::RestXml.render_error(&error))
}

/// A request, read.
struct Call<'a> {
    cloud: &'a Cloud,
    caller: Principal,
    query: Vec<(String, String)>,
    body: bytes::Bytes,
}

async fn answer(cloud: &Cloud, caller: &Principal, request: Request) -> Result<Response, ServiceError> {
    let path = percent_decode(request.uri().path()).unwrap_or_default();
    let method = request.method().clone();
    let query = request.uri().query().unwrap_or_default();
    let pairs = query.split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        form_decode(name).zip(form_decode(value))
    });
    let query = pairs.collect();
    let body = read_body(request, CONTROL_BODY_LIMIT).await?;
    let call = Call { cloud, caller: caller.clone(), query, body };
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let parts = parts.strip_prefix(&["2013-04-01"]).unwrap_or_default();
    match (&method, parts) {
        (&Method::POST, ["hostedzone"]) => call.create_zone(),
        (&Method::GET, ["hostedzone"]) => call.list_zones(),
        (&Method::GET, ["hostedzonesbyname"]) => call.list_zones_by_name(),
        (&Method::GET, ["hostedzonecount"]) => call.count_zones(),
        (&Method::GET, ["hostedzone", id]) => call.get_zone(id),
        (&Method::DELETE, ["hostedzone", id]) => call.delete_zone(id),
        (&Method::POST, ["hostedzone", id]) => call.update_comment(id),
        (&Method::POST, ["hostedzone", id, "rrset"]) => call.change_record_sets(id),
        (&Method::GET, ["hostedzone", id, "rrset"]) => call.list_record_sets(id),
        (&Method::GET, ["change", id]) => call.get_change(id),
        (&Method::GET, ["tags", "hostedzone", id]) => call.list_tags(id),
        (&Method::POST, ["tags", "hostedzone", id]) => call.change_tags(id),
        (&Method::GET, ["testdnsanswer"]) => call.test_answer(),
        _ => Err(ServiceError::unknown_operation("Route 53", &format!("{method} {path}"))),
    }
}

fn document(status: StatusCode, name: &str, content: impl FnOnce(&mut XmlWriter)) -> Response {
    let mut xml = XmlWriter::document();
    xml.element_with(name, &[("xmlns", NAMESPACE)], content);
    respond(status, "text/xml", xml.finish())
}

fn write_change(xml: &mut XmlWriter, id: &str, submitted: i64) {
    xml.element("ChangeInfo", |xml| {
        xml.text("Id", format!("/change/{id}"));
        xml.text("Status", "INSYNC");
        xml.text("SubmittedAt", iso_time(submitted));
    });
}

impl Call<'_> {
    fn field(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn limit(&self, name: &str) -> usize {
        self.field(name).and_then(|text| text.parse().ok()).unwrap_or(PAGE).clamp(1, PAGE)
    }

    fn allow(&self, action: &str, resource: &str) -> Result<(), ServiceError> {
        self.cloud.iam.authorize(&self.caller, &Access::new(&format!("route53:{action}"), resource))
    }

    fn allow_zone(&self, action: &str, id: &str) -> Result<(), ServiceError> {
        self.allow(action, &format!("arn:aws:route53:::hostedzone/{id}"))
    }

    fn create_zone(&self) -> Result<Response, ServiceError> {
        self.allow("CreateHostedZone", "*")?;
        let input: CreateHostedZone = parse(&self.body)?;
        let zone = self.cloud.route53.create_zone(&input.name, &input.caller_reference, |zone| {
            zone.comment = input.hosted_zone_config.comment;
            zone.networks = input.network.into_iter().map(|network| (network.region, network.id)).collect();
        })?;
        let mut response = document(StatusCode::CREATED, "CreateHostedZoneResponse", |xml| {
            write_zone(xml, &zone);
            write_change(xml, &format!("C{}", &zone.id[1..]), crate::records::now());
            if zone.networks.is_empty() {
                write_delegation(xml);
            }
            write_networks(xml, &zone, "VPC");
        });
        if let Ok(location) = HeaderValue::from_str(&format!("{}/2013-04-01/hostedzone/{}", self.cloud.url, zone.id)) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        Ok(response)
    }

    fn list_zones(&self) -> Result<Response, ServiceError> {
        self.allow("ListHostedZones", "*")?;
        let limit = self.limit("maxitems");
        let marker = self.field("marker").unwrap_or_default().to_owned();
        let mut zones: Vec<Zone> = self.cloud.route53.zones().into_iter().filter(|zone| zone.id >= marker).collect();
        let next = zones.get(limit).map(|zone| zone.id.clone());
        zones.truncate(limit);
        Ok(document(StatusCode::OK, "ListHostedZonesResponse", |xml| {
            xml.element("HostedZones", |xml| zones.iter().for_each(|zone| write_zone(xml, zone)));
            xml.text("Marker", &marker);
            xml.text("IsTruncated", next.is_some().to_string());
            xml.optional("NextMarker", next);
            xml.text("MaxItems", limit.to_string());
        }))
    }

    fn list_zones_by_name(&self) -> Result<Response, ServiceError> {
        self.allow("ListHostedZonesByName", "*")?;
        let limit = self.limit("maxitems");
        let from = self.field("dnsname").map(|name| reversed(&absolute(name))).unwrap_or_default();
        let mut zones = self.cloud.route53.zones();
        zones.sort_by_key(|zone| (reversed(&zone.name), zone.id.clone()));
        zones.retain(|zone| reversed(&zone.name) >= from);
        let next = zones.get(limit).cloned();
        zones.truncate(limit);
        Ok(document(StatusCode::OK, "ListHostedZonesByNameResponse", |xml| {
            xml.element("HostedZones", |xml| zones.iter().for_each(|zone| write_zone(xml, zone)));
            xml.optional("DNSName", self.field("dnsname"));
            xml.text("IsTruncated", next.is_some().to_string());
            xml.optional("NextDNSName", next.as_ref().map(|zone| &zone.name));
            xml.optional("NextHostedZoneId", next.as_ref().map(|zone| &zone.id));
            xml.text("MaxItems", limit.to_string());
        }))
    }

    fn count_zones(&self) -> Result<Response, ServiceError> {
        self.allow("GetHostedZoneCount", "*")?;
        let count = self.cloud.route53.zones().len();
        Ok(document(StatusCode::OK, "GetHostedZoneCountResponse", |xml| xml.text("HostedZoneCount", count.to_string())))
    }

    fn get_zone(&self, id: &str) -> Result<Response, ServiceError> {
        self.allow_zone("GetHostedZone", id)?;
        let zone = self.cloud.route53.zone(id)?;
        Ok(document(StatusCode::OK, "GetHostedZoneResponse", |xml| {
            write_zone(xml, &zone);
            if zone.networks.is_empty() {
                write_delegation(xml);
            } else {
                xml.element("VPCs", |xml| write_networks(xml, &zone, "VPC"));
            }
        }))
    }

    fn delete_zone(&self, id: &str) -> Result<Response, ServiceError> {
        self.allow_zone("DeleteHostedZone", id)?;
        self.cloud.route53.delete_zone(id)?;
        Ok(document(StatusCode::OK, "DeleteHostedZoneResponse", |xml| {
            write_change(xml, &format!("C{}", id.get(1..).unwrap_or_default()), crate::records::now());
        }))
    }

    fn update_comment(&self, id: &str) -> Result<Response, ServiceError> {
        self.allow_zone("UpdateHostedZoneComment", id)?;
        let input: UpdateComment = parse(&self.body)?;
        let zone = self.cloud.route53.change_zone(id, |zone| zone.comment = input.comment)?;
        Ok(document(StatusCode::OK, "UpdateHostedZoneCommentResponse", |xml| write_zone(xml, &zone)))
    }

    fn change_record_sets(&self, id: &str) -> Result<Response, ServiceError> {
        self.allow_zone("ChangeResourceRecordSets", id)?;
        let changes = parse::<ChangeRecordSets>(&self.body)?.changes()?;
        let change = self.cloud.route53.change_record_sets(id, &changes)?;
        Ok(document(StatusCode::OK, "ChangeResourceRecordSetsResponse", |xml| {
            write_change(xml, &change, crate::records::now());
        }))
    }

    fn list_record_sets(&self, id: &str) -> Result<Response, ServiceError> {
        self.allow_zone("ListResourceRecordSets", id)?;
        let zone = self.cloud.route53.zone(id)?;
        let limit = self.limit("maxitems");
        let from = self.field("name").map(|name| {
            let (record_type, identifier) =
                (self.field("type").unwrap_or_default(), self.field("identifier").unwrap_or_default());
            // A name alone stands before every type of it.
            key_of(&absolute(name), record_type, identifier).trim_end().to_owned()
        });
        let mut found: Vec<&RecordSet> =
            zone.record_sets.values().filter(|one| from.as_ref().is_none_or(|from| key(one) >= *from)).collect();
        let next = found.get(limit).copied();
        found.truncate(limit);
        Ok(document(StatusCode::OK, "ListResourceRecordSetsResponse", |xml| {
            xml.element("ResourceRecordSets", |xml| found.iter().for_each(|one| write_record_set(xml, one)));
            xml.text("IsTruncated", next.is_some().to_string());
            if let Some(next) = next {
                xml.text("NextRecordName", text(next, "Name").replace('*', "\\052"));
                xml.text("NextRecordType", text(next, "Type"));
                xml.optional("NextRecordIdentifier", next.get("SetIdentifier").and_then(Value::as_str));
            }
            xml.text("MaxItems", limit.to_string());
        }))
    }

    fn get_change(&self, id: &str) -> Result<Response, ServiceError> {
        self.allow("GetChange", &format!("arn:aws:route53:::change/{id}"))?;
        // Changes are in sync at once; those of zones themselves are named after the zone and not kept.
        let submitted = self.cloud.route53.store.read(|state| {
            let of_zone = state.zones.contains_key(&format!("Z{}", id.get(1..).unwrap_or_default()));
            state.changes.get(id).copied().or_else(|| of_zone.then(crate::records::now))
        });
        let submitted = submitted
            .ok_or_else(|| ServiceError::not_found("NoSuchChange", format!("Could not find resource with ID: {id}")))?;
        Ok(document(StatusCode::OK, "GetChangeResponse", |xml| write_change(xml, id, submitted)))
    }

    fn list_tags(&self, id: &str) -> Result<Response, ServiceError> {
        self.allow_zone("ListTagsForResource", id)?;
        let zone = self.cloud.route53.zone(id)?;
        Ok(document(StatusCode::OK, "ListTagsForResourceResponse", |xml| {
            xml.element("ResourceTagSet", |xml| {
                xml.text("ResourceType", "hostedzone");
                xml.text("ResourceId", id);
                xml.element("Tags", |xml| {
                    for (key, value) in &zone.tags {
                        xml.element("Tag", |xml| {
                            xml.text("Key", key);
                            xml.text("Value", value);
                        });
                    }
                });
            });
        }))
    }

    fn change_tags(&self, id: &str) -> Result<Response, ServiceError> {
        self.allow_zone("ChangeTagsForResource", id)?;
        let input: ChangeTags = parse(&self.body)?;
        self.cloud.route53.change_zone(id, |zone| {
            zone.tags.extend(input.add_tags.tag.into_iter().map(|tag| (tag.key, tag.value)));
            zone.tags.retain(|key, _| !input.remove_tag_keys.key.contains(key));
        })?;
        Ok(document(StatusCode::OK, "ChangeTagsForResourceResponse", |_| {}))
    }

    fn test_answer(&self) -> Result<Response, ServiceError> {
        self.allow("TestDNSAnswer", "*")?;
        let field = |name: &str| {
            self.field(name)
                .ok_or_else(|| ServiceError::bad_request("InvalidInput", format!("the parameter {name} is missing")))
        };
        let (zone, name, record_type) = (field("hostedzoneid")?, field("recordname")?, field("recordtype")?);
        let zone = self.cloud.route53.zone(zone)?;
        let found = super::batch::find(&zone, &absolute(name), record_type);
        Ok(document(StatusCode::OK, "TestDNSAnswerResponse", |xml| {
            xml.text("Nameserver", super::NAME_SERVERS[0]);
            xml.text("RecordName", absolute(name));
            xml.text("RecordType", record_type);
            xml.element("RecordData", |xml| {
                let records = found.and_then(|one| one.get("ResourceRecords")).and_then(Value::as_array);
                for record in records.map_or(&[][..], Vec::as_slice).iter().filter_map(Value::as_str) {
                    xml.text("RecordDataEntry", record);
                }
                let alias = found.and_then(|one| one.get("AliasTarget")).and_then(|target| target["DNSName"].as_str());
                xml.optional("RecordDataEntry", alias);
            });
            xml.text("ResponseCode", if found.is_some() { "NOERROR" } else { "NXDOMAIN" });
            xml.text("Protocol", "UDP");
        }))
    }
}

fn write_networks(xml: &mut XmlWriter, zone: &Zone, element: &str) {
    for (region, id) in &zone.networks {
        xml.element(element, |xml| {
            xml.text("VPCRegion", region);
            xml.text("VPCId", id);
        });
    }
}
