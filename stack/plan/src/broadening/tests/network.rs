//! Security groups.

use super::{Nothing, Pair, Wider, between, judge};

/// Whole resources beside two groups; the first has the rules.
fn group(rules: &str) -> String {
    format!(
        "Conditions: {{ Big: !Equals [!Ref AWS::Region, eu-central-1] }}
Resources:
  Peer: {{ Type: AWS::EC2::SecurityGroup, Properties: {{ GroupDescription: p, SecurityGroupEgress: [] }} }}
{rules}
"
    )
}

fn inline(rules: &str) -> String {
    group(&format!(
        "  Group: {{ Type: AWS::EC2::SecurityGroup, Properties: {{ GroupDescription: g, SecurityGroupIngress: [{rules}] }} }}"
    ))
}

const INLINE: [Pair; 20] = [
    ("a rule more", "", "{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8 }", Wider),
    ("a rule less", "{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8 }", "", Nothing),
    (
        "everywhere",
        "{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8 }",
        "{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0 }",
        Wider,
    ),
    (
        "everywhere no more",
        "{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0 }",
        "{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8 }",
        Nothing,
    ),
    (
        "everywhere of the other family",
        "{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0 }",
        "{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIpv6: '::/0' }",
        Wider,
    ),
    (
        "a part of a network",
        "{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8 }",
        "{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.1.0.0/16 }, { IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.2.3.4/32 }",
        Nothing,
    ),
    (
        "a network beside it",
        "{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.1.0.0/16 }",
        "{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.2.0.0/16 }",
        Wider,
    ),
    (
        "a network of the other family",
        "{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIpv6: '2001:db8::/32' }",
        "{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIpv6: '2001:db8:1::/48' }",
        Nothing,
    ),
    (
        "more ports",
        "{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8 }",
        "{ IpProtocol: tcp, FromPort: 80, ToPort: 443, CidrIp: 10.0.0.0/8 }",
        Wider,
    ),
    (
        "fewer ports",
        "{ IpProtocol: tcp, FromPort: 0, ToPort: 65535, CidrIp: 10.0.0.0/8 }",
        "{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8 }",
        Nothing,
    ),
    (
        "a port as text",
        "{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8 }",
        "{ IpProtocol: '6', FromPort: '443', ToPort: '443', CidrIp: 10.0.0.0/8 }",
        Nothing,
    ),
    (
        "another protocol",
        "{ IpProtocol: tcp, FromPort: 53, ToPort: 53, CidrIp: 10.0.0.0/8 }",
        "{ IpProtocol: udp, FromPort: 53, ToPort: 53, CidrIp: 10.0.0.0/8 }",
        Wider,
    ),
    (
        "all protocols",
        "{ IpProtocol: tcp, FromPort: 53, ToPort: 53, CidrIp: 10.0.0.0/8 }",
        "{ IpProtocol: -1, CidrIp: 10.0.0.0/8 }",
        Wider,
    ),
    (
        "all protocols to one",
        "{ IpProtocol: '-1', CidrIp: 10.0.0.0/8 }",
        "{ IpProtocol: tcp, FromPort: 53, ToPort: 53, CidrIp: 10.0.0.0/8 }",
        Nothing,
    ),
    (
        "a group for a network",
        "{ IpProtocol: tcp, FromPort: 5432, ToPort: 5432, CidrIp: 10.0.0.0/8 }",
        "{ IpProtocol: tcp, FromPort: 5432, ToPort: 5432, SourceSecurityGroupId: !GetAtt Peer.GroupId }",
        Wider,
    ),
    (
        "a group in two spellings",
        "{ IpProtocol: tcp, FromPort: 5432, ToPort: 5432, SourceSecurityGroupId: !GetAtt Peer.GroupId }",
        "{ IpProtocol: tcp, FromPort: 5432, ToPort: 5432, SourceSecurityGroupId: !Sub '${Peer.GroupId}' }",
        Nothing,
    ),
    (
        "a description",
        "{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8 }",
        "{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8, Description: web }",
        Nothing,
    ),
    (
        "rules in another order",
        "{ IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/8 }, { IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8 }",
        "{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8 }, { IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/8 }",
        Nothing,
    ),
    (
        "a rule under a condition",
        "{ IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/8 }",
        "!If [Big, { IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/8 }, !Ref AWS::NoValue]",
        Nothing,
    ),
    (
        "a network that only the deployment knows",
        "{ IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/8 }",
        "{ IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: !ImportValue n }",
        Wider,
    ),
];

#[test]
fn rules_inside_a_group() {
    judge(&INLINE, inline);
}

const RESOURCES: [Pair; 9] = [
    (
        "the last rule beside a group for what goes out",
        "  Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: g } }
  Rule: { Type: AWS::EC2::SecurityGroupEgress, Properties: { GroupId: !Ref Group, IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/8 } }",
        "  Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: g } }",
        Nothing,
    ),
    (
        "a rule that moves out of its group",
        "  Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: g, SecurityGroupIngress: [{ IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/8 }] } }",
        "  Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: g } }
  Rule: { Type: AWS::EC2::SecurityGroupIngress, Properties: { GroupId: !GetAtt Group.GroupId, IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/8 } }",
        Nothing,
    ),
    (
        "a rule under another logical id",
        "  Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: g } }
  Rule: { Type: AWS::EC2::SecurityGroupIngress, Properties: { GroupId: !GetAtt Group.GroupId, IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/8 } }",
        "  Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: g } }
  Other: { Type: AWS::EC2::SecurityGroupIngress, Properties: { GroupId: !Ref Group, IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/8 } }",
        Nothing,
    ),
    (
        "a rule for another group",
        "  Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: g } }
  Rule: { Type: AWS::EC2::SecurityGroupIngress, Properties: { GroupId: !Ref Group, IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/8 } }",
        "  Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: g } }
  Rule: { Type: AWS::EC2::SecurityGroupIngress, Properties: { GroupId: !Ref Peer, IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/8 } }",
        Wider,
    ),
    (
        "everything out to one network",
        "  Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: g } }",
        "  Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: g, SecurityGroupEgress: [{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8 }] } }",
        Nothing,
    ),
    (
        "one network to everything out",
        "  Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: g, SecurityGroupEgress: [{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8 }] } }",
        "  Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: g } }",
        Wider,
    ),
    (
        "everything out, said and not said",
        "  Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: g } }",
        "  Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: g, SecurityGroupEgress: [{ IpProtocol: '-1', CidrIp: 0.0.0.0/0 }] } }",
        Nothing,
    ),
    (
        "a new group that says nothing of what goes out",
        "",
        "  Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: g } }",
        Nothing,
    ),
    (
        "a group that goes",
        "  Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: g, SecurityGroupIngress: [{ IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/8 }] } }",
        "",
        Nothing,
    ),
];

#[test]
fn rules_as_resources_and_what_goes_out() {
    judge(&RESOURCES, group);
}

#[test]
fn a_rule_is_told_in_words() {
    let told = |rule: &str| between(&inline(""), &inline(rule))[0].what.clone();
    assert_eq!(
        told("{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0 }"),
        "lets tcp port 443 in from everywhere (0.0.0.0/0)"
    );
    assert_eq!(told("{ IpProtocol: '-1', CidrIp: 10.0.0.0/8 }"), "lets everything in from `10.0.0.0/8`");
    assert_eq!(
        told("{ IpProtocol: udp, FromPort: 1, ToPort: 9, SourceSecurityGroupId: !Ref Peer }"),
        "lets udp ports 1 to 9 in from `${Peer}`"
    );
}
