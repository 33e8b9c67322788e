// SPDX-License-Identifier: GPL-2.0
#include <linux/blk-mq.h>
#include <linux/highmem.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <scsi/scsi_cmnd.h>

/* Bad. */

static void copy_request(struct disk *disk, struct request *rq)
{
	struct req_iterator iter;
	struct bio_vec bv;

	rq_for_each_segment(bv, rq, iter) {
		memcpy(disk->window, bvec_virt(&bv), bv.bv_len); /* audit: page_address_highmem: as any of rq_for_each_segment() */
		disk->sent += bv.bv_len;
	}
}

static void copy_bio(struct disk *disk, struct bio *bio)
{
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_segment(bv, bio, iter) {
		void *from = page_address(bv.bv_page) + bv.bv_offset; /* audit: page_address_highmem */

		memcpy(disk->window, from, bv.bv_len);
	}
}

static int copy_vector(struct disk *disk, struct bio_vec *bv)
{
	char *p = bvec_virt(bv); /* audit: page_address_highmem: bv's page */

	return disk_write(disk, p, bv->bv_len);
}

static void start_command(struct host *host, struct scsi_cmnd *command)
{
	struct scatterlist *sg = scsi_sglist(command);
	int i;

	sg = scsi_sglist(command);
	host->address = sg_virt(sg); /* audit: page_address_highmem: as any of a command */
	scsi_for_each_sg(command, sg, scsi_sg_count(command), i) {
		host_copy(host, page_address(sg_page(sg)), sg->length); /* audit: page_address_highmem */
	}
}

static netdev_tx_t card_start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	skb_frag_t *frag = &skb_shinfo(skb)->frags[0];

	card_copy(dev, skb_frag_address(frag), skb_frag_size(frag)); /* audit: page_address_highmem: NETIF_F_HIGHDMA */
	return NETDEV_TX_OK;
}

static int card_probe(struct net_device *dev)
{
	dev->features |= NETIF_F_SG | NETIF_F_HIGHDMA;
	return 0;
}

static int fill_user(unsigned long start, struct page **pages)
{
	int n = get_user_pages_fast(start, 1, FOLL_WRITE, pages);

	if (n != 1)
		return -EFAULT;
	memset(page_address(pages[0]), 0, PAGE_SIZE); /* audit: page_address_highmem: user memory */
	return 0;
}

static void *clear_own(void)
{
	struct page *page;

	page = alloc_page(GFP_KERNEL | __GFP_HIGHMEM);
	if (!page)
		return NULL;
	clear_page(page_address(page)); /* audit: page_address_highmem: GFP_KERNEL | __GFP_HIGHMEM */
	return page;
}

static int keep(struct buffer *buffer)
{
	buffer->far_page = alloc_page(GFP_HIGHUSER);
	return buffer->far_page ? 0 : -ENOMEM;
}

static u8 first_byte(struct buffer *buffer)
{
	return *(u8 *)page_address(buffer->far_page); /* audit: page_address_highmem: GFP_HIGHUSER */
}

/* Good. */

static void copy_request_mapped(struct disk *disk, struct request *rq)
{
	struct req_iterator iter;
	struct bio_vec bv;

	rq_for_each_segment(bv, rq, iter) {
		void *p = bvec_kmap_local(&bv);

		memcpy(disk->window, p, bv.bv_len);
		kunmap_local(p);
	}
}

static void free_special(struct request *rq)
{
	kfree(bvec_virt(&rq->special_vec));
}

static void *atomic_page(struct buffer *buffer)
{
	struct page *page = alloc_page(GFP_ATOMIC);

	if (!page)
		return NULL;
	buffer->base = page_address(page);
	return buffer->base;
}

static void keep_low(struct buffer *buffer)
{
	buffer->near_page = alloc_pages(GFP_KERNEL | __GFP_ZERO, 1);
}

static void *low_address(struct buffer *buffer)
{
	return page_address(buffer->near_page);
}

static void *important_page(void)
{
	struct page *page;

	page = alloc_page(GFP_NOIO | __GFP_HIGH);
	return page ? page_address(page) : NULL;
}

static void *without_highmem(void)
{
	struct page *page;

	page = alloc_page(GFP_HIGHUSER & ~__GFP_HIGHMEM);
	return page ? page_address(page) : NULL;
}

static void *mapped_before(void)
{
	struct page *page;

	page = alloc_page(GFP_HIGHUSER);
	if (!page)
		return NULL;
	kmap(page);
	return page_address(page);
}

static void *card_receive(struct ring *ring, struct sk_buff *skb)
{
	return skb_frag_address(&skb_shinfo(skb)->frags[0]);
}

static int card_xdp_xmit(struct ring *ring, struct xdp_frame *frame)
{
	struct skb_shared_info *sinfo = xdp_get_shared_info_from_frame(frame);

	return post(ring, skb_frag_address(&sinfo->frags[0]));
}

static void *list_of_its_own(struct host *host)
{
	struct scatterlist *sg = &host->own[0];

	return sg_virt(sg);
}

static void *callers_mask(gfp_t gfp)
{
	struct page *page;

	page = alloc_page(gfp);
	return page ? page_address(page) : NULL;
}

static void under_a_guard(struct buffer *buffer)
{
	scoped_guard(mutex, &buffer->lock)
		clear_page(page_address(buffer->near_page));
}
