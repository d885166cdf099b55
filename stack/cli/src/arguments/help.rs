//! Long help: what does not fit on a line, and examples to paste.

pub(super) const STACK: &str = "\
Infrastructure as code in Rust that brings its runtime along.

You describe a system in stack.yaml. stack renders it to a CloudFormation template, builds its Lambda functions, and \
deploys both as one stack: to AWS, or into the local cloud that is part of this program and speaks AWS's own protocols \
on a loopback port. Both ways are the same code.";

pub(super) const STACK_EXAMPLES: &str = "\
Examples:
  stack init avatars photos          begin with an example
  stack dev                          run the project of this directory on this machine
  stack check                        is the project right?
  stack deploy -e prod --profile me  deploy it to AWS
  stack -C examples/avatars render   see the template of another directory's project

Exit codes:
  0  done      1  failed      2  differences      3  declined, or approval is needed
  4  the stack is busy with another operation             130  interrupted";

pub(super) const CHECK: &str = "\
Examples:
  stack check
  stack check -e prod --parameter domain=example.com
  stack check --json | jq -r '.error.faults[].message'";

pub(super) const RENDER: &str = "\
Nothing is asked of AWS. The account id in names is the one of --account; without it, names have \
000000000000, that of the local cloud, and a note on stderr says so.

Examples:
  stack render > template.yaml
  stack render --format json -e prod --account 123456789012
  stack render --out rendered/       template.yaml, parameters.json and artifacts.json
  stack render --explain             where each resource comes from, and its logical id";

pub(super) const INIT: &str = "\
Everything comes out of this program: the project file, function sources, policies and pages. An example that needs \
functions brings its own Cargo workspace.

Examples:
  stack init                         the smallest project, here
  stack init minimal hello           the same in a new directory
  stack init avatars photos --name photos
  stack init --list";

pub(super) const DIFF: &str = "\
The stack and its companions as they are deployed, against the plan: resources with the values that differ, parameters, tags, and \
functions whose built code is another. Neither a change set nor anything else is made on AWS.

With --change-set CloudFormation is asked as well: it makes a change set, validates it, and tells values and replacements that no template \
tells. Of two answers the worse counts. The change set is deleted again, with the empty stack that the first one makes, also after Ctrl-C.

Exit code 0 when there is no difference, 2 when there is one; with --change-set 1 when CloudFormation refuses it, 4 when the stack is busy.

Two template files, or one and the plan, are compared offline; they are YAML or JSON. What is \
made again is known from the types of the resources, and what widens access from the templates themselves.

Examples:
  stack diff -e prod
  stack diff --local --no-build
  stack diff -e prod --change-set
  stack diff -e prod --out prod.plan && stack deploy -e prod --plan prod.plan
  stack diff -e prod --markdown > comment.md
  stack diff --template old.yaml new.yaml
  aws cloudformation get-template --stack-name avatars --query TemplateBody > deployed.json
  stack diff --from deployed.json -e prod --account 123456789012
  stack diff --from deployed.json --json | jq '.changes.resources[].logical_id'";

pub(super) const GRAPH: &str = "\
Examples:
  stack graph > architecture.svg
  stack graph --format mermaid -e prod
  stack graph --format dot | dot -Tpdf > architecture.pdf";

pub(super) const EJECT: &str = "\
A file in templates/ replaces the built-in source of the same name, a file in policies/ the policy of a link.

Examples:
  stack eject --list
  stack eject bucket
  stack eject bucket --policies --force";

pub(super) const SCHEMA: &str = "\
Examples:
  stack schema > stack.schema.json
  then, as the first line of stack.yaml:
  # yaml-language-server: $schema=./stack.schema.json";

pub(super) const BUILD: &str = "\
Builds for AWS with cargo-lambda; with --local, in the quicker profile that `stack dev` uses. Unchanged functions are \
not built again.

Examples:
  stack build
  stack build process-image
  stack build --local";

pub(super) const DEPLOY: &str = "\
Shows the change set and asks before it executes it; what was shown is what is executed. Without a terminal, --yes is \
the consent, but for risks: what `--allow` does not name of widened access, and of data that would be deleted or made again without its \
content, ends the command with exit code 3 and the list. The local cloud (--local) is not asked about.

With --no-execute the change set stands when the command ends, and its ARN is what it prints: packages are uploaded, and nothing else is \
changed. The next deployment makes a change set of its own, and takes this one with it.

With --import-existing a resource that exists under a name of the template becomes part of the stack, as it is, where no stack owns it and \
the project retains it. An environment that was destroyed and kept its buckets is deployed again in this way.

With --hotswap nothing is asked. Where more than code differs, or the stack is protected, it is deployed as always.

With --express CloudFormation ends when everything is configured, and what fails while it becomes stable is not seen: `stack events` tells it. \
A stack that was updated in this way cannot be rolled back on demand.

With --cancel-on-interrupt, Ctrl-C takes a running update back and waits for the end of that. A first creation cannot be cancelled.

With --plan the deployment must be of what `stack diff --out` compared, on stacks that nobody has changed since: template, parameters, \
tags, packages, state. Otherwise it ends with what is different, and nothing is changed. A plan is no consent.

Examples:
  stack local start && stack deploy --local
  stack deploy -e dev --suffix alice
  stack deploy -e prod --yes --parameter domain=example.com
  stack deploy -e prod --yes --allow broadening,replace
  stack deploy -e prod --no-execute
  stack deploy --hotswap
  stack deploy -e prod --import-existing
  stack deploy --endpoint-url http://127.0.0.1:5000 --yes";

pub(super) const DESTROY: &str = "\
Lists what goes, what stays and which buckets are not empty, then asks. Without a terminal, --yes is the consent.

With --older-than it is about every environment of the project in the account and region whose stack was neither made nor updated for \
so long: each is asked about. What is protected or retains its data stays.

Examples:
  stack destroy --local
  stack destroy -e dev --suffix alice --empty
  stack destroy --older-than 14d -e ci --empty --yes
  stack destroy -e prod --unprotect --confirm avatars-prod --yes";

pub(super) const DRIFT: &str = "\
Lets CloudFormation detect what was changed beside it, and waits. Only properties that the template names are compared; \
what CloudFormation cannot compare is told as not verified. Nothing is changed. `stack deploy` does not mend drift: it \
changes what differs between two templates. `--revert` does: it brings what drifted back to the template that is deployed, by a change \
set that CloudFormation makes of the resources as they are, and asks before it executes it.

Exit code 0 when no drift was found or all of it was taken back, 2 when there is some.

Examples:
  stack drift -e prod
  stack drift -e prod --json | jq '.stacks[].resources[] | select(.status != \"in-sync\")'
  stack drift -e prod --revert
  stack drift -e prod --revert --yes --allow replace
  stack drift -e prod --markdown >> \"$GITHUB_STEP_SUMMARY\"";

pub(super) const STATUS: &str = "\
Exit code 0 when the stack is at rest and can be deployed, 1 when there is none or it is stuck, 4 while an operation runs.

Examples:
  stack status -e prod
  stack status --local
  stack status --json -e prod | jq -r '.stack.status, .next[0]'";

pub(super) const ATTACH: &str = "\
For an operation that was begun elsewhere, or left with Ctrl-C: it is told from its beginning. Exit code 0 when it succeeds or \
nothing runs, 1 when it fails. What `stack deploy` does after its operation (contents of buckets, invalidations) is still to be \
done: run it again.

Examples:
  stack attach -e prod
  stack attach --json -e prod | jq -r 'select(.event == \"stack\") | .status'";

pub(super) const CANCEL: &str = "\
Only a running update can be stopped. Its rollback is followed to the end; exit code 0 when the stack is as it was before. A \
first creation is not cancelled but deleted, with `stack destroy` when it is over.

Examples:
  stack cancel -e prod";

pub(super) const ROLLBACK: &str = "\
For a stack that stands still after a failure: UPDATE_FAILED and CREATE_FAILED are taken back, a rollback that failed \
(UPDATE_ROLLBACK_FAILED) goes on. A resource at which it fails again can be skipped: it counts as rolled back and differs from the \
template from then on, which `stack drift` does not see.

Examples:
  stack rollback -e prod
  stack rollback -e prod --skip Database --skip Nested.Queue";

pub(super) const EVENTS: &str = "\
The last operation is told from its beginning, its rollback included. With --json the events are in the report, oldest first.

Examples:
  stack events -e prod
  stack events --local --limit 20
  stack events --json -e prod | jq .operation.cause";

pub(super) const LS: &str = "\
Environments are known by the tags stack:project, stack:environment and stack:suffix that deploy gives to stacks; companions \
in this region are among them.

Examples:
  stack ls
  stack ls --profile me --region eu-west-1
  stack ls --json | jq -r '.stacks[] | select(.status | endswith(\"FAILED\")) | .name'";

pub(super) const LOGS: &str = "\
Lines go to stdout with their time and function, the oldest first; lines of several functions are sorted by time, while they are \
followed as they arrive. With --json each line is an object.

Examples:
  stack logs -e prod
  stack logs --local process-image -f
  stack logs -e prod --since 2h --filter ERROR
  stack logs -e prod --json | jq -r 'select(.event == \"log-line\") | .message'";

pub(super) const INVOKE: &str = "\
What the function answers goes to stdout as it is, the end of its log to stderr. Exit code 1 when the function fails. A call whose \
answer is lost is not tried again: the function may have run.

Examples:
  stack invoke --local process-image --file event.json
  stack invoke -e prod photo-query '{\"rawPath\": \"/smallest\"}' | jq .statusCode
  echo '{}' | stack invoke -e prod migrate --file - --async";

pub(super) const MIGRATE: &str = "\
The files lie in the contents of the bucket that the project's function `migrate` reads; `stack deploy` puts them there, and the \
function runs them from inside the database's network. `new` is offline. `down` asks first, the local cloud apart.

Examples:
  stack migrate new \"add users\"
  stack deploy -e prod && stack migrate up -e prod
  stack migrate status --local --json | jq -r '.migrations[] | select(.state == \"pending\") | .name'
  stack migrate down --steps 2 -e dev --yes
  stack migrate resolve 3 --as applied -e prod";

pub(super) const OUTPUTS: &str = "\
Examples:
  stack outputs
  stack outputs --local AvatarBase
  stack outputs --local --env-file .env && . ./.env && curl \"$AVATAR_BASE\"
  stack outputs --json -e prod | jq -r .outputs.AvatarBase";

pub(super) const ACCESS: &str = "\
The local cloud counts what it decides from its start on. For each function of the project: the actions that it used, \
those that it was denied with the line of stack.yaml to add, and those that its policies grant and it never used.

Examples:
  stack access
  stack access process-image
  stack access --all --json | jq -r '.identities[] | select(.denied != []) | .name'";

pub(super) const TOKEN: &str = "\
The token is what a sign-in to the pool of the deployed stack would give, without a password, and the local cloud alone \
gives it. In a pool whose users sign in by e-mail address, `alice` stands for alice@example.com.

Examples:
  stack token --user alice
  stack token --user alice@example.org --pool users --client web --id
  curl -H \"Authorization: Bearer $(stack token --user alice)\" \"$(stack outputs --local ApiUrl)/me\"";

pub(super) const DEV: &str = "\
Starts the local cloud in this process, builds the functions, deploys, prints the URLs and how to use them, and follows \
the functions' logs. A change to the project file, its templates, policies, contents or function sources deploys again; \
a project file with faults is reported and what runs keeps running. Ctrl-C ends all of it.

State is kept in .stack/local/data beside the project file, unless --memory is given.

Examples:
  stack dev
  stack dev --port 4600 --memory";

pub(super) const LOCAL: &str = "\
Examples:
  stack local start
  eval \"$(stack local env)\" && aws s3 ls
  stack local status --json
  stack local stop";

pub(super) const LOCAL_START: &str = "\
Prints `ready http://127.0.0.1:PORT` on stdout when it answers. The process id, the port and the log lie in .stack/local/ \
beside the project file (or in the current directory, when there is no project).

Examples:
  stack local start
  stack local start --port 4600 --memory
  stack local start --foreground --data-dir /var/tmp/cloud";

pub(super) const LOCAL_ENV: &str = "\
Examples:
  eval \"$(stack local env)\"
  stack local env --json";

pub(super) const COMPLETIONS: &str = "\
Examples:
  stack completions bash > ~/.local/share/bash-completion/completions/stack
  stack completions zsh > \"${fpath[1]}/_stack\"
  stack completions fish > ~/.config/fish/completions/stack.fish";

pub(super) const MAN: &str = "\
Examples:
  stack man ~/.local/share/man/man1 && man stack-deploy";

pub(super) const GC: &str = "\
Packages of functions and large templates lie in the bucket stack-artifacts-ACCOUNT-REGION, which all projects share. A package that a \
parameter of any stack names stays. Nothing is deleted while an operation runs on a stack that uses the bucket, or has failed: its \
rollback may need packages that it does not name.

Examples:
  stack gc --dry-run
  stack gc --older-than 30d --yes";

pub(super) const DOCTOR: &str = "\
Exit code 0 when nothing is missing, 1 otherwise.

Examples:
  stack doctor
  stack doctor --online --profile me";
